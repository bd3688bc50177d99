//! Tables and images that are read block by block: the rows, schemas and complaints of those that are read whole.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bp_datasets::{
    CsvBlocks, CsvOptions, Dataset, Delimiter, Idx, IdxBlocks, TargetData, Task, read_csv_file, read_image_files,
};
use bp_train::{Block, RowBlocks};
use tempfile::TempDir;

fn folder(files: &[(&str, &[u8])]) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a folder");
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.path().join(name)).collect();
    files.iter().zip(&paths).for_each(|((_, bytes), path)| fs::write(path, bytes).expect("a file"));
    (folder, paths)
}

fn read<S: Default>(rows: &mut dyn RowBlocks<S>, number: usize) -> Result<Block<S>, String> {
    let mut block = Block { x: vec![], classes: vec![], values: vec![] };
    rows.read(number, &mut block).map(|()| block).map_err(|error| error.to_string())
}

/// All rows in the order of their blocks.
fn all<S: Default>(rows: &mut dyn RowBlocks<S>) -> Block<S> {
    let mut all = Block { x: vec![], classes: vec![], values: vec![] };
    for number in 0..rows.sizes().len() {
        let mut block = read(rows, number).expect("a block");
        assert_eq!(block.classes.len().max(block.values.len()), rows.sizes()[number]);
        all.x.append(&mut block.x);
        all.classes.append(&mut block.classes);
        all.values.append(&mut block.values);
    }
    all
}

fn same(whole: &Dataset<f32>, blocks: &Block<f32>) {
    let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(whole.x()), bits(&blocks.x));
    match whole.targets() {
        TargetData::Classes(classes) => assert_eq!(classes, &blocks.classes),
        TargetData::Values(values) => assert_eq!(bits(values), bits(&blocks.values)),
    }
}

/// A table read whole and read in blocks of every size is the same, or refused in the same words.
fn check(text: &str, options: &CsvOptions) {
    let (_folder, paths) = folder(&[("table.csv", text.as_bytes())]);
    let whole = read_csv_file::<f32>(&paths[0], options);
    for size in [1, 2, 3, 7, 1000] {
        match (&whole, CsvBlocks::<f32>::open(&paths, options, size)) {
            (Ok(whole), Ok(mut blocks)) => {
                assert_eq!(whole.schema(), blocks.schema(), "{text}");
                assert_eq!((blocks.rows(), blocks.sizes().len()), (whole.rows(), whole.rows().div_ceil(size)));
                assert!(blocks.sizes().iter().all(|&rows| rows <= size));
                same(whole, &all(&mut blocks));
            }
            (Err(whole), Err(blocks)) => assert_eq!(whole.to_string(), blocks.to_string(), "{text}"),
            (whole, blocks) => panic!("{text}: {whole:?}, {:?}", blocks.map(|blocks| blocks.rows())),
        }
    }
}

#[test]
fn blocks_have_the_rows_of_the_whole() {
    let plain = CsvOptions::default();
    let rows = |of: &dyn Fn(usize) -> String, n: usize| (0..n).map(of).collect::<String>();
    let classes = rows(&|n| format!("{},{},{}\n", n * n, ["a", "b c", "\"d,e\""][n % 3], n % 2), 23);
    for text in [
        format!("x,kind,class\n{classes}"),
        format!("x,kind,class\n{classes}").replace('\n', "\r\n"),
        format!("\u{feff}x,kind,class\r\n{classes}\n\n"),
        classes.clone(),
        format!("\u{feff}{classes}"),
        classes.trim_end().into(),
        rows(&|n| format!("{}.5,{}\n", n, 100 - n), 21),
        rows(&|n| format!("{n},{}\n", n % 21), 110),
        rows(&|n| format!("{n},{}\n", n % 20), 100),
        rows(&|n| format!("{n},{}\n", n % 20), 99),
        rows(&|n| format!("{n},{}.0\n", n % 3), 14),
        rows(&|n| format!("{n},-0\n{n},1\n"), 3),
    ] {
        check(&text, &plain);
        for (target, task, skip) in [
            (Some("1"), None, None),
            (None, Some(Task::Classify), None),
            (None, Some(Task::Regress), None),
            (Some("2"), Some(Task::Classify), Some("1")),
            (Some("9"), None, None),
        ] {
            let target = target.map(String::from);
            check(
                &text,
                &CsvOptions { target, task, skip: skip.into_iter().map(String::from).collect(), ..plain.clone() },
            );
        }
    }
    check("1 2\n3   4\n 5 6", &CsvOptions { delimiter: Delimiter::Space, header: Some(false), ..plain });
}

#[test]
fn complaints_are_the_same() {
    let many: String = (0..1001).map(|n| format!("text {n},1.5\n")).collect();
    for text in [
        "",
        "x,y\n",
        "x,y\n1,2\n",
        "1,2\n",
        "x,y\n1,2\n?,4\n",
        "x,y\n1,2\n3\n4,5\n",
        "x,y\n1,2\nb,3\n4,5\n",
        "x,y\na,2\n7,3\nb,5\n",
        "x,y\n1,2\n1e39,3\n",
        "x,y\n1,inf\n2,3\n",
        "x,y\n1,2\n\n3,4\n",
        "x\n1\n2\n",
        "x,x\n1,2\n",
        "x,y\n1,a\n2,a\n",
        "x,y\n1,7\n2,7\n3,7\n",
        "x,y\n100000001,0.5\n100000002,1.5\n",
        "x,y\n1.5,100000001.5\n2,100000002.5\n",
        "x,y\n\"1,2\n3,4\n",
        &many,
    ] {
        check(text, &CsvOptions::default());
        check(text, &CsvOptions { task: Some(Task::Classify), ..CsvOptions::default() });
        check(text, &CsvOptions { task: Some(Task::Regress), ..CsvOptions::default() });
    }
}

#[test]
fn several_files_are_one_table() {
    let (_folder, paths) =
        folder(&[("a.csv", b"x,y\n1,0.5\n2,1.5\n3,2.5\n"), ("b.csv", b"x,y\r\n4,3.5\r\n"), ("c.csv", b"y,x\n1,2\n")]);
    let options = CsvOptions::default();
    let mut blocks = CsvBlocks::<f32>::open(&paths[..2], &options, 2).expect("tables");
    assert_eq!(blocks.sizes(), [2, 1, 1]);
    assert_eq!(all(&mut blocks).x, [1.0, 2.0, 3.0, 4.0]);
    let refused = |paths: &[PathBuf]| match CsvBlocks::<f32>::open(paths, &options, 2) {
        Ok(_) => panic!("taken"),
        Err(error) => error.to_string(),
    };
    let (a, c) = (paths[0].display(), paths[2].display());
    assert_eq!(refused(&paths), format!("{c}: has the columns y, x, but {a} has x, y"));
    fs::write(&paths[1], "x,y\n4,?\n").expect("a file");
    assert_eq!(refused(&paths[..2]), format!("{}: line 2, column 2 (y): missing value `?`", paths[1].display()));
    assert!(CsvBlocks::<f32>::open(&paths[..1], &options, 0).is_err());
}

/// Parts are disjoint, together everything, and the same the next time; each has a digest of its own.
#[test]
fn parts_of_a_table() {
    let text: String = (0..57).map(|n| format!("{n},{}.5\n", 2 * n)).collect();
    let (_folder, paths) = folder(&[("t.csv", text.as_bytes())]);
    let whole = CsvBlocks::<f64>::open(&paths, &CsvOptions::default(), 10).expect("a table");
    let (mut rest, mut part) = whole.split(0.2, 3).expect("rows");
    assert_eq!((rest.rows(), part.rows()), (46, 11));
    let (x, aside) = (all(&mut rest).x, all(&mut part).x);
    let mut both = [x, aside.clone()].concat();
    both.sort_by(f64::total_cmp);
    assert_eq!(both, (0..57).map(f64::from).collect::<Vec<_>>());
    let again =
        CsvBlocks::<f64>::open(&paths, &CsvOptions::default(), 10).expect("a table").split(0.2, 3).expect("rows");
    assert_eq!(all(&mut again.1.clone()).x, aside);
    assert_eq!((again.0.digest(), again.1.digest()), (rest.digest(), part.digest()));
    let other = whole.split(0.2, 4).expect("rows");
    let digests = [whole.digest(), rest.digest(), part.digest(), other.0.digest(), other.1.digest()];
    assert!((0..5).all(|i| digests[..i].iter().all(|digest| *digest != digests[i])));
}

#[test]
fn a_file_that_changes_is_refused() {
    let (_folder, paths) = folder(&[("t.csv", b"x,y\n1,0.5\n2,1.5\n3,2.5\n")]);
    let path = &paths[0];
    let mut blocks = CsvBlocks::<f32>::open(&paths, &CsvOptions::default(), 2).expect("a table");
    let was = fs::metadata(path).and_then(|data| data.modified()).expect("a time");
    let set = |time: SystemTime| {
        File::options()
            .write(true)
            .open(path)
            .and_then(|file| file.set_modified(time))
            .expect("a time that can be set");
    };
    assert_eq!(read(&mut blocks, 1).map(|block| block.x), Ok(vec![3.0]));
    set(was + Duration::from_secs(5));
    let said = |why: &str| Err(format!("{}: {why}", path.display()));
    assert_eq!(read(&mut blocks, 1).map(|_| ()), said("it was written to since reading began"));
    fs::write(path, "x,y\n1,0.5\n").expect("a file");
    set(was);
    assert_eq!(read(&mut blocks, 0).map(|_| ()), said("it had 22 bytes when reading began, and now has 10"));
    // The same length and time, other rows: what can be seen is seen.
    fs::write(path, "x,y\n1,0.5\n2,1.5\nb,2.5\n").expect("a file");
    set(was);
    assert_eq!(read(&mut blocks, 0).map(|block| block.x), Ok(vec![1.0, 2.0]));
    assert_eq!(read(&mut blocks, 1).map(|_| ()), said("line 4, column 1 (x): text in a numeric column: `b`"));
    fs::write(path, "x,y\n1,0.5\n2,1.5\n\n\n\n\n\n\n").expect("a file");
    set(was);
    assert!(read(&mut blocks, 1).is_err_and(|why| why.ends_with("line 4 is gone since reading began")));
    fs::remove_file(path).expect("it was there");
    assert_eq!(read(&mut blocks, 0).map(|_| ()), said("no such file"));
}

#[test]
fn gzip_is_refused_in_one_sentence() {
    let (_folder, paths) = folder(&[("t.csv.gz", &[0x1f, 0x8b, 8, 0])]);
    let sentence = "is gzip, of which blocks cannot be read by themselves; unpack it first (gunzip)";
    let said = |error: String| assert_eq!(error, format!("{}: {sentence}", paths[0].display()));
    CsvBlocks::<f32>::open(&paths, &CsvOptions::default(), 2)
        .map(|_| panic!("taken"))
        .unwrap_or_else(|e| said(e.to_string()));
    IdxBlocks::<f32>::open(&paths[0], &paths[0], &[], 2)
        .map(|_| panic!("taken"))
        .unwrap_or_else(|e| said(e.to_string()));
}

fn write_idx(path: &Path, dims: Vec<u32>, data: Vec<u8>) {
    Idx::new(dims, data).expect("an array").write(File::create(path).expect("a file")).expect("bytes");
}

#[test]
fn images_in_blocks_are_the_images() {
    let (_folder, paths) = folder(&[("images", b""), ("labels", b"")]);
    let [images, labels] = &paths[..] else { panic!("two paths") };
    write_idx(images, vec![11, 2, 3], (0..66).map(|n| (n * 37 % 256) as u8).collect());
    write_idx(labels, vec![11], (0..11).map(|n| n % 4).collect());
    let whole: Dataset<f32> = read_image_files("tiny", images, labels, &[]).expect("images");
    for size in [1, 4, 11, 100] {
        let mut blocks = IdxBlocks::<f32>::open(images, labels, &[], size).expect("images");
        assert_eq!((whole.schema(), blocks.sizes().len()), (blocks.schema(), 11_usize.div_ceil(size)));
        same(&whole, &all(&mut blocks));
        let (mut rest, mut part) = blocks.split(0.3, 1).expect("rows");
        assert_eq!((all(&mut rest).classes.len(), all(&mut part).classes.len()), (8, 3));
    }
    let refused =
        |classes: &[&str]| IdxBlocks::<f32>::open(images, labels, classes, 4).map(|_| ()).unwrap_err().to_string();
    let both = format!("{} and {}", images.display(), labels.display());
    assert_eq!(refused(&["a", "b", "c"]), format!("{both}: row 3 has label 3, beyond the 3 classes"));
    write_idx(labels, vec![10], vec![0; 10]);
    assert_eq!(refused(&[]), format!("{both}: 11 images but 10 labels"));
    fs::write(labels, [0, 0, 8, 1, 0, 0, 0, 11, 1]).expect("a file");
    assert_eq!(refused(&[]), format!("{}: truncated: expected 11 bytes of data, got 1", labels.display()));
}
