//! `bp explain` and `bp graph`: the lecture's numbers, every format, and what bad input gets.

mod common;

use common::{Bench, Ran};
use serde_json::Value;

const USAGE: i32 = 2;
const DATA: i32 = 1;

const NET: &str = "[[layer]]\nname = \"h<1>\"\nwidth = 12\nactivation = \"silu\"\n[[layer]]\nname = \"h_2\"\nwidth = 12\n\
                   from = [\"h<1>\", { layer = \"h<1>\", kind = \"identity\" }]\n[[layer]]\nname = \"out\"\n\
                   from = [\"h_2\", \"input\"]\n";

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// The lecture's page written out, without the engine. Fewer than 30 roundings lie between x and any of these numbers,
/// of which δ₁ loses two digits to cancellation: 30 · 2⁻⁵³ · 100 < 4e-13.
#[test]
fn the_lecture_by_hand() {
    let near = |got: &Value, want: f64| assert!((number(got) - want).abs() <= 4e-13, "got {got}, by hand {want}");
    let tanh = |a: f64| (a.exp() - (-a).exp()) / (a.exp() + (-a).exp());
    let (x, t) = ([1.0, -1.0], [0.5, -0.5]);
    let w1 = [[0.1, -0.2], [0.4, 0.3], [-0.5, 0.2]];
    let w2 = [[0.7, -0.1, 0.2], [0.3, 0.5, -0.6]];
    let a = w1.map(|w| w[0] * x[0] + w[1] * x[1]);
    let z = a.map(tanh);
    let delta_k = [0, 1].map(|k| w2[k][0] * z[0] + w2[k][1] * z[1] + w2[k][2] * z[2] - t[k]);
    let bench = Bench::new(&[]);
    let json = |words: &str| -> Value {
        serde_json::from_str(&bench.ok(&format!("explain lecture {words} --format json"))).expect("JSON")
    };
    for j in 0..3 {
        let unit = &json(&format!("--unit h1[{j}]"))["unit"];
        let products = [w2[0][j] * delta_k[0], w2[1][j] * delta_k[1]];
        let delta = (1.0 - z[j] * z[j]) * (products[0] + products[1]);
        near(&unit["a"], a[j]);
        near(&unit["slope"], 1.0 - z[j] * z[j]);
        for (k, product) in products.into_iter().enumerate() {
            near(&unit["terms"][k]["factor"], w2[k][j]);
            near(&unit["terms"][k]["delta"], delta_k[k]);
            near(&unit["terms"][k]["product"], product);
            near(&unit["terms"][k]["share"], product.abs() / (products[0].abs() + products[1].abs()));
        }
        near(&unit["sum"], products[0] + products[1]);
        near(&unit["delta"], delta);
        for i in 0..2 {
            near(&unit["inputs"][i]["gradient"], delta * x[i]);
            let entry = json(&format!("--weight h1.weight.input[{j}][{i}]"));
            near(&entry["entry"]["gradient"], delta * x[i]);
            near(&entry["check"]["difference"]["value"], delta * x[i]);
            assert_eq!(entry["check"]["verdict"], "PASS");
        }
        for (k, delta) in delta_k.iter().enumerate() {
            near(&json(&format!("--weight out.weight.h1.{k}.{j}"))["entry"]["gradient"], delta * z[j]);
        }
    }
    let all = json("");
    for (k, delta) in delta_k.iter().enumerate() {
        near(&all["outputs"][k]["delta"], *delta);
    }
    near(&all["error"], 0.5 * (delta_k[0] * delta_k[0] + delta_k[1] * delta_k[1]));
}

/// The two consumers of the first hidden unit nearly cancel, in every format.
#[test]
fn the_cancellation_is_seen_in_every_format() {
    let bench = Bench::new(&[]);
    let of = |format: &str| bench.ok(&format!("explain lecture --unit h1[0] --format {format}"));
    let text = of("text");
    for part in ["0.700000 · δ  −0.426922 =  −0.298845    49.9 %", "= 0.915137 · 0.001109 = 0.001015", "PASS"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let latex = of("latex");
    assert!(latex.is_ascii() && latex.contains("&= -0.298845 \\\\\n  &\\quad + 0.299955 = 0.001109"), "{latex}");
    let svg = of("svg");
    assert!(svg.contains("0.300000 · 0.999848 = 0.299955") && svg.contains("prefers-color-scheme:dark"), "{svg}");
    assert_eq!(bench.ok("explain lecture --unit h1[0] --out unit.txt"), "");
    assert_eq!(bench.read("unit.txt"), text.as_bytes());
    assert!(bench.run("explain lecture").stderr.contains("next: bp explain lecture --unit 'h1[0]'"));
}

/// Tags that are opened are closed, nothing is asked for from outside, and names are no markup.
fn check_svg(svg: &str) {
    let mut open = vec![];
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag that ends");
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).expect("a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{svg}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} left open");
    let outside = svg.matches("http").count();
    assert_eq!((outside, svg.contains("href"), svg.contains("NaN")), (1, false, false), "{svg}");
}

/// A model with a skip connection and names that mean something to LaTeX and SVG; every unit, weight and format.
#[test]
fn a_model_of_ones_own() {
    let bench = Bench::new(&[("net.toml", NET)]);
    bench.ok("train wine --net net.toml --epochs 2 --quiet --out wine.bp");
    for what in [
        "",
        "--unit h_2.3",
        "--unit h<1>.11",
        "--unit out[2]",
        "--weight out.weight.input[1][12]",
        "--weight h_2.bias.4",
    ] {
        let of = |format: &str| bench.ok(&format!("explain wine.bp wine --row 177 {what} --format {format}"));
        let text = of("text");
        assert!(text.contains("PASS") && text.lines().all(|line| line.chars().count() <= 80), "{what}\n{text}");
        check_svg(&of("svg"));
        let latex = of("latex");
        assert_eq!(latex.matches("\\begin").count(), latex.matches("\\end").count(), "{latex}");
        assert_eq!(latex.matches('{').count(), latex.matches('}').count(), "{latex}");
        assert!(!latex.contains("h_2"), "an underscore that is not escaped: {latex}");
        serde_json::from_str::<Value>(&of("json")).expect("JSON");
    }
    // What `bp verify` calls an entry is understood.
    let certificate = bench.ok("verify wine.bp wine --rows 1");
    let worst = certificate.split_once("worst ").and_then(|(_, rest)| rest.split_once(": ")).expect("a worst entry").0;
    if worst != "E" {
        bench.ok(&format!("explain wine.bp wine --weight {worst}"));
    }
    let of_file = bench.ok("graph net.toml wine");
    check_svg(&of_file);
    assert_eq!(bench.ok("graph wine.bp"), of_file);
    for part in
        ["h&lt;1&gt;", "12 silu", "168 parameters", "identity, 0 weights", "class=\"skip\"", "dense, 39 weights"]
    {
        assert!(of_file.contains(part), "{part} is not in\n{of_file}");
    }
    let dot = bench.ok("graph wine.bp --format dot");
    assert!(dot.contains("n0 -> n3 [label=\"dense, 39 weights\", style=dashed];"), "{dot}");
    assert!(dot.contains("n1 -> n2 [label=\"identity, 0 weights\"];"), "{dot}");
    assert!(bench.ok("graph lecture --format dot").contains("n1 [label=\"h1\\n3 tanh, no bias\\n6 parameters\"];"));
}

/// Runs what must fail, and fail well.
fn check(bench: &Bench, words: &str, code: i32, sentence: &str) {
    let before = bench.names();
    let Ran { code: got, stdout, stderr } = bench.run(words);
    assert_eq!(got, code, "bp {words}\n{stderr}");
    assert!(stderr.contains(&format!("error: {sentence}")), "bp {words}: expected `{sentence}`, got\n{stderr}");
    assert!(stdout.is_empty() && !stderr.contains("panicked"), "bp {words}: {stdout}{stderr}");
    assert_eq!(bench.names(), before, "bp {words}");
}

#[test]
fn messages() {
    let bench = Bench::new(&[("net.toml", NET), ("a.csv", "a,y\n1,0.5\n2,1.5\n4,3.1\n"), ("far.csv", "a,y\n1,1e30\n")]);
    bench.ok("train iris --epochs 1 --hidden 4,4 --quiet --out iris.bp");
    bench.ok("train a.csv --epochs 1 --hidden 2 --quiet --out a.bp");
    let cases = [
        ("lecture --unit hidden[0]", DATA, "`hidden` is not in the network; there are: h1, out"),
        ("lecture --unit outt[0]", DATA, "`outt` is not in the network, did you mean `out`? there are: h1, out"),
        ("iris.bp iris --unit h2[4]", DATA, "--unit is `h2[4]`, but layer `h2` has width 4, counted from 0"),
        ("lecture --unit input[0]", DATA, "--unit is `input[0]`, but inputs are given and have no δ"),
        ("lecture --unit h1", USAGE, "--unit is `h1`, expected a layer and a unit, as in h1[0]"),
        ("lecture --unit h1[0][1]", USAGE, "--unit is `h1[0][1]`, expected a layer and a unit, as in h1[0]"),
        (
            "lecture --weight h1.weights.input[0][0]",
            DATA,
            "`h1.weights.input` is not in the network, did you mean `h1.weight.input`? there are: h1.weight.input, out",
        ),
        (
            "lecture --weight h1.weight.input[3][0]",
            DATA,
            "--weight is `h1.weight.input[3][0]`, but h1.weight.input has 3 × 2 entries, counted from 0",
        ),
        (
            "lecture --weight h1.weight.input[0]",
            USAGE,
            "--weight is `h1.weight.input[0]`, expected two indices, as in h1.weight.input[0][0]",
        ),
        (
            "iris.bp iris --weight h1.bias[0][1]",
            USAGE,
            "--weight is `h1.bias[0][1]`, expected one index, as in h1.bias[0]",
        ),
        ("lecture --weight h1", USAGE, "--weight is `h1`, expected a name with indices, as in"),
        ("lecture --row 1", DATA, "--row is 1, but lecture has 1 row, counted from 0"),
        ("iris.bp iris --row 150", DATA, "--row is 150, but iris has 150 rows, counted from 0"),
        ("iris.bp", USAGE, "iris.bp needs an example: name a data set or a table behind it"),
        ("lecture iris", USAGE, "`lecture` has its own example and takes no data, but got iris"),
        ("iris.bp wine", DATA, "wine does not have the columns of iris.bp: expected 4 input columns, got 13"),
        ("no.bp iris", DATA, "cannot read no.bp: "),
        ("a.bp far.csv", DATA, "E is inf, expected a finite number"),
        ("lecture --out nowhere/unit.svg", DATA, "cannot write nowhere/unit.svg: "),
        ("lecture --unit h1.0 --weight h1.weight.input.0.0", USAGE, "the argument '--unit <LAYER[J]>' cannot be used"),
    ];
    for (words, code, sentence) in cases {
        check(&bench, &format!("explain {words}"), code, sentence);
    }
    check(&bench, "graph net.toml", USAGE, "net.toml takes its inputs and outputs from data: name a data set");
    check(&bench, "graph iris.bp iris", USAGE, "iris.bp knows its own inputs and takes no data, but got iris");
    check(&bench, "graph no.bp", DATA, "cannot read no.bp: ");
}
