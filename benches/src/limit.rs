//! [`limit`]: what a training step would take if it consisted of its products and activations alone.
//!
//! Each product of the step (forward Z Wᵀ, gradient δᵀ Z added to the weights, backward δ W) is timed alone, with
//! faer on one thread in each of the eight orientations of its operands and as a plain loop, and the fastest way is
//! kept. What remains per step is one application of each activation and one pass over each δ. No layer waits for
//! another, nothing is copied, there is no bias and no error. With two threads half of the products' time is taken.
//! It is an estimate: another library's products can be faster than faer's, and so a step can be.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::Job;
use crate::serve::Steps;

/// Which part of the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The products.
    Products,
    /// Activations and their derivatives.
    Elementwise,
}

/// One part of the limit of a training step, or of a forward pass, in single precision, ready to be timed.
///
/// ```
/// use bp_benches::{Job, Part, limit};
/// let job: Job = "train f32 1 2,8,1 tanh squares plain".parse().unwrap();
/// assert_eq!(limit(&job, Part::Products)(5), 5);
/// ```
pub fn limit(job: &Job, part: Part) -> Steps {
    match part {
        Part::Products => {
            let mut products: Vec<Product> = shapes(job).into_iter().map(Product::fastest).collect();
            Box::new(move |n| {
                // Each product by itself, `n` times: its operands are then as near as the caches allow.
                products.iter_mut().for_each(|product| (0..n).for_each(|_| product.run()));
                n
            })
        }
        Part::Elementwise => elementwise(job),
    }
}

/// The fastest way for each shape so far: to find it takes seconds for the largest.
static FASTEST: Mutex<BTreeMap<Shape, usize>> = Mutex::new(BTreeMap::new());

/// Rows, columns, inner length, and whether the result is added to the destination.
type Shape = (usize, usize, usize, bool);

fn shapes(job: &Job) -> Vec<Shape> {
    let (mut shapes, train, batch) = (vec![], job.kind == crate::job::Kind::Train, job.batch);
    for l in 1..job.widths.len() {
        let skip = job.skips_to(l).then(|| (job.widths[l - 2], l - 2));
        for (from, below) in [Some((job.widths[l - 1], l - 1)), skip].into_iter().flatten() {
            let to = job.widths[l];
            shapes.push((batch, to, from, below + 1 < l));
            if train {
                shapes.push((to, from, batch, true));
                // No error is propagated to the inputs.
                if below > 0 {
                    shapes.push((batch, from, to, below + 1 < l));
                }
            }
        }
    }
    shapes
}

struct Product {
    shape: Shape,
    /// Bits: destination, left, right are column-major; 8 is a plain loop.
    way: usize,
    dst: Vec<f32>,
    lhs: Vec<f32>,
    rhs: Vec<f32>,
}

impl Product {
    fn fastest(shape: Shape) -> Self {
        let (m, n, k, _) = shape;
        let numbers = |len| Job::numbers(len, 3);
        let mut product = Self { shape, way: 0, dst: vec![0.0; m * n], lhs: numbers(m * k), rhs: numbers(k * n) };
        if let Some(&way) = FASTEST.lock().expect("nobody panics in here").get(&shape) {
            return Self { way, ..product };
        }
        let mut time = |way: usize| {
            product.way = way;
            product.run();
            let (start, mut runs) = (Instant::now(), 0_u32);
            while runs == 0 || start.elapsed() < Duration::from_millis(2) {
                product.run();
                runs += 1;
            }
            start.elapsed() / runs
        };
        let ways = if m * n * k < 1 << 20 { 9 } else { 8 };
        let way = (0..ways).min_by_key(|&way| time(way)).unwrap_or(0);
        FASTEST.lock().expect("nobody panics in here").insert(shape, way);
        Self { way, ..product }
    }

    fn run(&mut self) {
        let (m, n, k, add) = self.shape;
        if self.way == 8 {
            return plain(&mut self.dst, &self.lhs, &self.rhs, n, k, add);
        }
        let view = |data, rows, cols, column_major: bool| match column_major {
            true => MatRef::from_column_major_slice(data, rows, cols),
            false => MatRef::from_column_major_slice(data, cols, rows).transpose(),
        };
        let dst = match self.way & 1 {
            1 => MatMut::from_column_major_slice_mut(&mut self.dst, m, n),
            _ => MatMut::from_column_major_slice_mut(&mut self.dst, n, m).transpose_mut(),
        };
        let (lhs, rhs) = (view(&self.lhs, m, k, self.way & 2 > 0), view(&self.rhs, k, n, self.way & 4 > 0));
        // As small as a rate, so that thousands of additions stay finite.
        matmul(dst, if add { Accum::Add } else { Accum::Replace }, lhs, rhs, 1e-6, Par::Seq);
    }
}

/// The product by rows of row-major matrices, for shapes below a library's own costs.
fn plain(dst: &mut [f32], lhs: &[f32], rhs: &[f32], n: usize, k: usize, add: bool) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for (dst, lhs) in dst.chunks_exact_mut(n).zip(lhs.chunks_exact(k)) {
                if !add {
                    dst.fill(0.0);
                }
                for (&l, rhs) in lhs.iter().zip(rhs.chunks_exact(n)) {
                    for (d, &r) in dst.iter_mut().zip(rhs) {
                        *d += 1e-6 * l * r;
                    }
                }
            }
        },
    );
}

fn elementwise(job: &Job) -> Steps {
    let hidden: usize = job.hidden().iter().sum();
    let a = Job::numbers(job.batch * hidden, 4);
    let (mut z, mut delta) = (a.clone(), a.clone());
    // Softmax is an exponential for each output, and little more.
    let outputs = if job.softmax { job.batch * job.outputs() } else { 0 };
    let mut y = Job::numbers(outputs, 5);
    let (relu, train) = (job.relu, job.kind == crate::job::Kind::Train);
    Box::new(move |n| {
        for _ in 0..n {
            match relu {
                true => pulp::Arch::new().dispatch(Relu(&mut z)),
                false => pulp::Arch::new().dispatch(Tanh(&mut z)),
            }
            pulp::Arch::new().dispatch(Softmax(&mut y));
            if train {
                pulp::Arch::new().dispatch(Chain { relu, z: &z, delta: &mut delta });
            }
            black_box((&mut z, &mut delta, &mut y));
        }
        n
    })
}

/// z = max(0, z).
struct Relu<'a>(&'a mut [f32]);

impl pulp::NullaryFnOnce for Relu<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for z in self.0 {
            *z = if *z > 0.0 { *z } else { 0.0 };
        }
    }
}

/// z = tanh(z).
struct Tanh<'a>(&'a mut [f32]);

impl pulp::NullaryFnOnce for Tanh<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        bp_math::f32::slice::tanh(self.0);
    }
}

/// An exponential and a division for each output.
struct Softmax<'a>(&'a mut [f32]);

impl pulp::NullaryFnOnce for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        bp_math::f32::slice::exp(self.0);
        for y in self.0 {
            *y = 1.0 / (1.0 + *y);
        }
    }
}

/// δ = (1 − δ) h′: 1 − δ in place of δ, or the numbers would shrink to subnormal ones, which are slow.
struct Chain<'a> {
    relu: bool,
    z: &'a [f32],
    delta: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Chain<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        if self.relu {
            for (d, &z) in self.delta.iter_mut().zip(self.z) {
                *d = if z > 0.0 { 1.0 - *d } else { 0.0 };
            }
        } else {
            for (d, &z) in self.delta.iter_mut().zip(self.z) {
                *d = (1.0 - *d) * (1.0 - z * z);
            }
        }
    }
}
