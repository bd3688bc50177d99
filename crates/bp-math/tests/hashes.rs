//! Committed hashes of results on fixed inputs: the same on every machine, for single values and for slices. Whoever
//! changes a function's bits changes its line here, knowingly.

mod oracle;

use oracle::double::{ALL as DOUBLE, random};
use oracle::single::ALL as SINGLE;

/// Function, hash in `f32`, hash in `f64`.
const HASHES: [(&str, u64, u64); 15] = [
    ("exp", 0x188b_f806_be20_ef36, 0xb924_1da2_c346_a65f),
    ("expm1", 0x18ca_0921_7b2c_e129, 0x1801_310b_60f8_01f1),
    ("ln", 0xab4e_5db3_ca84_65de, 0x28d5_6a67_963e_c213),
    ("ln1p", 0x910a_93cb_016b_a913, 0x270a_d833_f7d4_3b1d),
    ("tanh", 0x60bf_2ed3_7a84_46e4, 0xc8ea_dff0_fb68_e88f),
    ("tanh_derivative", 0x662e_6eb6_3326_f0c4, 0xf4ad_5f55_47ac_8893),
    ("sech2", 0xb17c_660c_4036_c259, 0x41ca_3dbb_6a8f_bc97),
    ("logistic", 0xe431_db2d_1276_33a3, 0x917f_b2da_3f3d_083c),
    ("log_sigmoid", 0xb338_281b_c7ac_80e9, 0x0365_be77_043c_0211),
    ("softplus", 0x37c4_26ae_cb67_622d, 0xa4e9_6d22_b602_938b),
    ("erf", 0x60d3_cbb9_fa68_264d, 0x6f16_5f12_3aea_3d51),
    ("erfc", 0xeef3_d604_f8b0_19b5, 0xf512_f545_874e_31fb),
    ("sqrt", 0x307e_1b0b_91dd_ff05, 0xa5c7_e1c3_a025_307c),
    ("sin", 0x71ea_4c8d_1a1f_b55d, 0x7a42_ed63_2e3f_7b04),
    ("cos", 0x31b7_967a_3135_9abb, 0x6656_f3f9_15c2_22e5),
];

const COUNT: u64 = 1 << 16;

/// FNV-1a (Fowler, Noll and Vo 1991) over the bytes of results; all NaN are one, payloads are not promised.
fn fnv(results: impl Iterator<Item = u64>) -> u64 {
    results
        .flat_map(u64::to_le_bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Half any bits, half of the sizes at which functions do something; then the edges.
fn inputs() -> Vec<f64> {
    let edges = [
        0.0,
        5e-324,
        1e-310,
        1e-45,
        1e-40,
        f64::from(f32::MIN_POSITIVE),
        0.346,
        0.35,
        0.5,
        1.0,
        2.0,
        4.0,
        9.0,
        19.0,
        88.73,
    ];
    let edges = edges.into_iter().chain([104.0, 709.79, 745.2, 1e10, 3e38, f64::MAX, f64::INFINITY]);
    let numbers = (0..COUNT).map(|i| {
        let bits = random(i);
        let sized = f64::from_bits(bits & !(0x7ff << 52) | (1003 + bits % 30) << 52);
        match i % 4 {
            0 => f64::from_bits(bits),
            1 => f64::from(f32::from_bits((bits >> 32) as u32)),
            _ => sized,
        }
    });
    numbers.chain(edges.flat_map(|x| [x, -x])).collect()
}

#[test]
fn results_have_the_committed_bits() {
    let doubles = inputs();
    let singles: Vec<f32> = doubles.iter().map(|&x| x as f32).collect();
    let bits32 = |z: f32| if z.is_nan() { u64::MAX } else { u64::from(z.to_bits()) };
    let bits64 = |z: f64| if z.is_nan() { u64::MAX } else { z.to_bits() };
    let hash32 = |one: fn(f32) -> f32, slice: fn(&mut [f32]), name: &str| {
        let hash = fnv(singles.iter().map(|&x| bits32(one(x))));
        let mut z = singles.clone();
        slice(&mut z);
        assert_eq!(fnv(z.into_iter().map(bits32)), hash, "{name}: slices and single values differ in f32");
        hash
    };
    let hash64 = |one: fn(f64) -> f64, slice: fn(&mut [f64]), name: &str| {
        let hash = fnv(doubles.iter().map(|&x| bits64(one(x))));
        let mut z = doubles.clone();
        slice(&mut z);
        assert_eq!(fnv(z.into_iter().map(bits64)), hash, "{name}: slices and single values differ in f64");
        hash
    };
    let mut found = vec![];
    for f in SINGLE {
        let (one, slice) = DOUBLE
            .iter()
            .find(|double| double.name == f.name)
            .map_or((bp_math::f64::sqrt as fn(f64) -> f64, bp_math::f64::slice::sqrt as fn(&mut [f64])), |d| {
                (d.one, d.slice)
            });
        found.push((f.name, hash32(f.one, f.slice, f.name), hash64(one, slice, f.name)));
    }
    let lines: Vec<String> =
        found.iter().map(|(name, a, b)| format!("    (\"{name}\", {a:#018x}, {b:#018x}),")).collect();
    assert!(found == HASHES, "the results are\n{}", lines.join("\n"));
}
