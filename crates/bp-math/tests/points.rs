//! f64.
mod oracle;
use oracle::{in_parallel, double};
#[test]
fn all() {
    let n: u64 = std::env::var("N").map_or(2000, |n| n.parse().unwrap());
    for f in double::ALL {
        let t = std::time::Instant::now();
        let r = double::Report::merge(in_parallel(0..n, 64, |r| double::Report::merge(r.map(|i| f.check(i))), |_| {}));
        println!("{:16} {:.5} at {:e} dis {:e} nn {} unord {} asym {}  {:?}", f.name, r.worst, r.at, r.disagreement, r.not_nearest, r.unordered, r.asymmetric, t.elapsed());
    }
}
