//! f32 exhaustively.
mod oracle;
use oracle::{in_parallel, single};
#[test]
fn all() {
    for f in single::ALL {
        let t = std::time::Instant::now();
        let step: u64 = std::env::var("FULL").map_or(37, |_| 1);
        let blocks = (1u64 << 32) / (1 << 16);
        let r = in_parallel(0..blocks / step, 8, |r| single::Report::merge(r.map(|b| f.check(b * step << 16..(b * step + 1) << 16))), |_| {});
        let r = single::Report::merge(r);
        println!("{:16} {:.5} at {:e} nn {} unord {} asym {} out {}  {:?}", f.name, r.worst, f32::from_bits(r.at), r.not_nearest, r.unordered, r.asymmetric, r.outside, t.elapsed());
    }
}
