//! The real data sets that are part of the program. `data/README.md` says where each is from.

use bp_core::Float;
use bp_train::{Column, Schema, TargetKind};

use crate::dataset::{Dataset, TargetData};
use crate::images::pixels;
use crate::table::{CsvOptions, read_csv, read_with_schema};

/// How many years the sunspot series looks back.
const LAGS: usize = 9;

/// Fisher's iris flowers: 150 rows, 4 inputs, 3 classes.
pub(crate) fn iris<S: Float>() -> Dataset<S> {
    let features = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"];
    counted_classes(
        "iris",
        include_bytes!("../data/iris.csv"),
        named(&features),
        &["setosa", "versicolor", "virginica"],
    )
}

/// Three cultivars of wine: 178 rows, 13 inputs, 3 classes.
pub(crate) fn wine<S: Float>() -> Dataset<S> {
    let features = [
        "alcohol",
        "malic acid",
        "ash",
        "alcalinity of ash",
        "magnesium",
        "total phenols",
        "flavanoids",
        "nonflavanoid phenols",
        "proanthocyanins",
        "colour intensity",
        "hue",
        "OD280/OD315",
        "proline",
    ];
    let classes = ["class 0", "class 1", "class 2"];
    counted_classes("wine", include_bytes!("../data/wine_data.csv"), named(&features), &classes)
}

/// Wisconsin breast cancer, diagnostic: 569 rows, 30 inputs, 2 classes.
pub(crate) fn breast_cancer<S: Float>() -> Dataset<S> {
    let measures = [
        "radius",
        "texture",
        "perimeter",
        "area",
        "smoothness",
        "compactness",
        "concavity",
        "concave points",
        "symmetry",
        "fractal dimension",
    ];
    let columns = [("mean ", ""), ("", " error"), ("worst ", "")]
        .iter()
        .flat_map(|(before, behind)| measures.iter().map(move |measure| format!("{before}{measure}{behind}")))
        .map(Column::numeric)
        .collect();
    let classes = ["malignant", "benign"];
    counted_classes("breast-cancer", include_bytes!("../data/breast_cancer.csv"), columns, &classes)
}

/// Handwritten digits of 8 by 8 pixels from 0 to 16: 1797 rows, 64 inputs, 10 classes.
pub(crate) fn digits<S: Float>() -> Dataset<S> {
    let classes: Vec<String> = (0..10).map(|digit| digit.to_string()).collect();
    let schema = Schema { columns: pixels(&[8, 8]), target: TargetKind::Classes(classes) };
    let options = CsvOptions { header: Some(false), ..CsvOptions::default() };
    read_with_schema(&include_bytes!("../data/digits.csv.gz")[..], "digits", &schema, &options)
        .expect("the built-in file is right")
}

/// Progress of diabetes after a year: 442 rows, 10 inputs, 1 value.
pub(crate) fn diabetes<S: Float>() -> Dataset<S> {
    read_csv(&include_bytes!("../data/diabetes.csv")[..], "diabetes", &CsvOptions::default())
        .expect("the built-in file is right")
}

/// Sunspots of a year from those of the nine years before, nearest first: 300 rows, 9 inputs, 1 value.
pub(crate) fn sunspots<S: Float>() -> Dataset<S> {
    let schema =
        Schema { columns: vec![Column::numeric("YEAR")], target: TargetKind::Values(vec!["SUNACTIVITY".into()]) };
    let text = &include_bytes!("../data/sunspots.csv")[..];
    let years: Dataset<S> =
        read_with_schema(text, "", &schema, &CsvOptions::default()).expect("the built-in file is right");
    let series = years.to_target_matrix();
    let x = series.windows(LAGS + 1).flat_map(|years| years[..LAGS].iter().rev().copied()).collect();
    let schema = Schema { columns: (1..=LAGS).map(|lag| Column::numeric(format!("lag {lag}"))).collect(), ..schema };
    Dataset::new("sunspots", schema, x, TargetData::Values(series[LAGS..].to_vec()))
        .expect("the built-in file is right")
}

/// scikit-learn's form: a line that is no header, then rows that end in the number of the class.
fn counted_classes<S: Float>(name: &str, file: &[u8], columns: Vec<Column>, classes: &[&str]) -> Dataset<S> {
    let first_line = file.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let numbers = (0..classes.len()).map(|class| class.to_string()).collect();
    let schema = Schema { columns, target: TargetKind::Classes(numbers) };
    let options = CsvOptions { header: Some(false), ..CsvOptions::default() };
    let data = read_with_schema(&file[first_line..], name, &schema, &options).expect("the built-in file is right");
    let classes = classes.iter().map(ToString::to_string).collect();
    data.with_schema(Schema { target: TargetKind::Classes(classes), ..schema })
}

fn named(features: &[&str]) -> Vec<Column> {
    features.iter().copied().map(Column::numeric).collect()
}
