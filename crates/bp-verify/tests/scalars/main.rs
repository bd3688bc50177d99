//! The scalars that make statements about real numbers, [`Interval`](bp_verify::Interval) and
//! [`Double`](bp_verify::Double), against two arbitrary-precision crates.
#![allow(clippy::float_cmp, reason = "ends of intervals are compared exactly")]
#![allow(unreachable_pub, reason = "nothing in a test is reachable")]

mod arithmetic;
mod double;
mod interval;
mod kinks;
mod networks;
mod oracle;
mod points;
