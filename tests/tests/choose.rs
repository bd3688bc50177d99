//! The example of choosing settings: the same for any number of threads, and it finds what is there to be found.

use bp_train::selection::KFold;

#[path = "../../examples/choose.rs"]
mod choose;

use choose::Points;

#[test]
fn a_search_does_not_depend_on_threads() {
    let points = Points::new(3);
    let folds = KFold::new(4).seed(4).split(40).unwrap();
    let found = points.by_grid(&folds, 1).unwrap();
    for threads in [2, 5] {
        assert_eq!(points.by_grid(&folds, threads).unwrap(), found, "{threads} threads");
    }
    // Too slow a rate learns nothing in 60 epochs, nor does any under a decay of 0.1.
    let [decay, rate] = found.best().setting;
    assert!(decay < 0.01 && rate > 0.01, "{:?}", found.best());
    assert!(found.best().spread.mean < 0.3, "{:?}", found.best());
    let fine = points.at_random(found.best().setting, &folds, 2).unwrap();
    assert_eq!(fine, points.at_random(found.best().setting, &folds, 1).unwrap());
    assert!(fine.best().spread.mean < 0.3, "{:?}", fine.best());
}

#[test]
fn it_prints() {
    choose::main().unwrap();
}
