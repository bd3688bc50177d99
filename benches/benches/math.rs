//! Elementary functions, ns per element = time / elements: bp-math in each vector width that the machine has, beside
//! std, `libm` and `wide`; 4,096 values (in cache) and 16 Mi (from memory).

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const IN_CACHE: usize = 1 << 12;
const FROM_MEMORY: usize = 1 << 24;

/// A loop in place, and who wrote the function in it.
type Loop<T> = (&'static str, fn(&mut [T]));

/// bp-math's loop built plainly and for the wider vectors of this machine.
macro_rules! widths {
    ($float:ident $name:ident) => {{
        fn plain(x: &mut [$float]) {
            bp_math::$float::slice::$name(x);
        }
        #[allow(unused_mut, reason = "other machines have one width")]
        let mut loops: Vec<Loop<$float>> = vec![("bp-math", plain)];
        #[cfg(target_arch = "x86_64")]
        {
            use pulp::x86::{V3, V4};
            struct Run<'a>(&'a mut [$float]);
            impl pulp::NullaryFnOnce for Run<'_> {
                type Output = ();
                #[inline(always)]
                fn call(self) {
                    bp_math::$float::slice::$name(self.0);
                }
            }
            fn avx2(x: &mut [$float]) {
                if let Some(token) = V3::try_new() {
                    token.vectorize(Run(x));
                }
            }
            fn avx512(x: &mut [$float]) {
                if let Some(token) = V4::try_new() {
                    token.vectorize(Run(x));
                }
            }
            loops.extend(V3::try_new().map(|_| ("bp-math AVX2", avx2 as fn(&mut [$float]))));
            loops.extend(V4::try_new().map(|_| ("bp-math AVX-512", avx512 as fn(&mut [$float]))));
        }
        loops
    }};
}

/// A loop over one function.
macro_rules! each {
    ($who:literal $float:ident $function:expr) => {{
        fn run(x: &mut [$float]) {
            for x in x {
                *x = $function(*x);
            }
        }
        ($who, run as fn(&mut [$float]))
    }};
}

/// A loop over one of `wide`'s functions on eight values.
macro_rules! eight {
    ($float:ident $vector:ident $method:ident) => {{
        fn run(x: &mut [$float]) {
            for x in x.as_chunks_mut::<8>().0 {
                *x = wide::$vector::new(*x).$method().to_array();
            }
        }
        ("wide", run as fn(&mut [$float]))
    }};
}

fn time<T: Copy>(c: &mut Criterion, dtype: &str, name: &str, loops: &[Loop<T>], value: impl Fn(f64) -> T) {
    for (size, place) in [(IN_CACHE, "cache"), (FROM_MEMORY, "memory")] {
        let a: Vec<T> = (0..size).map(|i| value((i % 4093) as f64 / 4093.0)).collect();
        let mut group = c.benchmark_group(format!("math/{dtype}/{name}/{place}"));
        group.throughput(Throughput::Elements(size as u64)).sample_size(if size == IN_CACHE { 20 } else { 10 });
        // A pass over 16 Mi values is long enough to need no warming up.
        if size == FROM_MEMORY {
            group.warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_millis(100));
        }
        for (who, run) in loops {
            let mut z = a.clone();
            group.bench_function(*who, |b| {
                b.iter(|| {
                    // Fresh values each time: ln of ln of x is soon NaN. The row «copy» says what that costs.
                    z.copy_from_slice(&a);
                    run(black_box(&mut z));
                });
            });
        }
    }
}

macro_rules! functions {
    ($c:ident $float:ident $range:expr; $($name:ident: $($other:expr),*;)*) => {$({
        let mut loops = widths!($float $name);
        let others: &[Loop<$float>] = &[$($other),*];
        loops.extend(others);
        loops.push(("copy", |_| ()));
        let (low, high): (f64, f64) = if matches!(stringify!($name), "ln" | "ln1p" | "sqrt") { (0.01, 100.0) } else { $range };
        time(
            $c, stringify!($float), stringify!($name), &loops, |u| (low + (high - low) * u) as $float,
        );
    })*};
}

fn single(c: &mut Criterion) {
    functions! { c f32 (-4.0, 4.0);
        tanh: each!("std" f32 f32::tanh), each!("libm" f32 libm::tanhf), eight!(f32 f32x8 tanh);
        exp: each!("std" f32 f32::exp), each!("libm" f32 libm::expf), eight!(f32 f32x8 exp);
        expm1: each!("std" f32 f32::exp_m1), each!("libm" f32 libm::expm1f), eight!(f32 f32x8 exp_m1);
        ln: each!("std" f32 f32::ln), each!("libm" f32 libm::logf), eight!(f32 f32x8 ln);
        ln1p: each!("std" f32 f32::ln_1p), each!("libm" f32 libm::log1pf), eight!(f32 f32x8 ln_1p);
        logistic: ; sech2: ; tanh_derivative: ; softplus: ; log_sigmoid: ;
        erf: each!("libm" f32 libm::erff);
        erfc: each!("libm" f32 libm::erfcf);
        sqrt: each!("libm" f32 libm::sqrtf), eight!(f32 f32x8 sqrt);
        sin: each!("std" f32 f32::sin), each!("libm" f32 libm::sinf), eight!(f32 f32x8 sin);
        cos: each!("std" f32 f32::cos), each!("libm" f32 libm::cosf), eight!(f32 f32x8 cos);
    }
}

fn double(c: &mut Criterion) {
    functions! { c f64 (-4.0, 4.0);
        tanh: each!("std" f64 f64::tanh), each!("libm" f64 libm::tanh), eight!(f64 f64x8 tanh);
        exp: each!("std" f64 f64::exp), each!("libm" f64 libm::exp), eight!(f64 f64x8 exp);
        expm1: each!("std" f64 f64::exp_m1), each!("libm" f64 libm::expm1), eight!(f64 f64x8 exp_m1);
        ln: each!("std" f64 f64::ln), each!("libm" f64 libm::log), eight!(f64 f64x8 ln);
        ln1p: each!("std" f64 f64::ln_1p), each!("libm" f64 libm::log1p), eight!(f64 f64x8 ln_1p);
        logistic: ; sech2: ; tanh_derivative: ; softplus: ; log_sigmoid: ;
        erf: each!("libm" f64 libm::erf);
        erfc: each!("libm" f64 libm::erfc);
        sqrt: each!("libm" f64 libm::sqrt), eight!(f64 f64x8 sqrt);
        sin: each!("std" f64 f64::sin), each!("libm" f64 libm::sin), eight!(f64 f64x8 sin);
        cos: each!("std" f64 f64::cos), each!("libm" f64 libm::cos), eight!(f64 f64x8 cos);
    }
}

criterion_group! {
    name = math;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_millis(200)).warm_up_time(Duration::from_millis(50));
    targets = single, double
}
criterion_main!(math);
