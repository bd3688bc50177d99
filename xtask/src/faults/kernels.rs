//! [`Kernels`]: a backend with one fault. The engine's three products are told apart by which side is transposed:
//! z Wᵀ forward, δᵀ z for the gradient, δ W for the recursion.

use std::sync::Mutex;

use bp_core::{Accum, Act, Activation, Backend, Float, MatMut, MatRef};

use super::plant::Plant;

/// A backend that is right except for its [`Plant`], if that one sits here.
pub(crate) struct Kernels<S> {
    pub(crate) plant: Plant,
    pub(crate) inner: Box<dyn Backend<S>>,
    state: Mutex<State<S>>,
}

/// What a fault remembers between products.
#[derive(Debug)]
struct State<S> {
    /// δ of a source that its first consumer has written, and whether a second one has.
    begun: Vec<(usize, bool)>,
    /// δ that stands where the units at this address were.
    overwritten: Vec<(usize, Vec<S>)>,
    /// For the units at this address: which had a = 0.
    zeros: Vec<(usize, Vec<bool>)>,
    calls: u64,
    previous: Vec<S>,
}

impl<S: Float> Kernels<S> {
    pub(crate) fn new(plant: Plant, inner: Box<dyn Backend<S>>) -> Self {
        let state = State { begun: vec![], overwritten: vec![], zeros: vec![], calls: 0, previous: vec![] };
        Self { plant, inner, state: Mutex::new(state) }
    }

    fn with<R>(&self, f: impl FnOnce(&mut State<S>) -> R) -> R {
        f(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// δ W: the fault of a sum over consumers.
    fn back(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, delta: MatRef<'_, S>, w: MatRef<'_, S>) {
        let at = address(dst.as_ref().data());
        let accum = match (self.plant, accum) {
            (Plant::Overwritten, _) => Accum::Replace,
            (Plant::SkipDropped, Accum::Replace) => {
                self.with(|state| {
                    state.begun.retain(|(seen, _)| *seen != at);
                    state.begun.push((at, false));
                });
                accum
            }
            (Plant::SkipDropped, Accum::Add) => self.with(|state| {
                let begun = state.begun.iter_mut().find(|(seen, second)| *seen == at && !second);
                begun.map_or(Accum::Add, |(_, second)| {
                    *second = true;
                    Accum::Replace
                })
            }),
            _ => accum,
        };
        let square = w.rows() == w.cols();
        let w = if self.plant == Plant::WeightNotTransposed && square { w.t() } else { w };
        self.inner.gemm(dst.reborrow(), accum, alpha, delta, w);
    }

    /// δᵀ z.
    fn gradient(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, delta_t: MatRef<'_, S>, z: MatRef<'_, S>) {
        match self.plant {
            Plant::OuterTransposed if dst.rows() == dst.cols() => {
                self.inner.gemm(dst, accum, alpha, z.t(), delta_t.t());
            }
            Plant::SinglePrecisionSums => {
                for i in 0..dst.rows() {
                    for j in 0..dst.cols() {
                        let products = (0..z.rows()).map(|k| (delta_t.at(i, k) * z.at(k, j)).to_f64() as f32);
                        let sum = S::from_f64(f64::from(products.sum::<f32>()));
                        let old = if accum == Accum::Add { dst.row_mut(i)[j] } else { S::ZERO };
                        dst.row_mut(i)[j] = old + alpha * sum;
                    }
                }
            }
            Plant::Aliased => {
                let at = address(z.data());
                let stood = self.with(|state| {
                    state.overwritten.iter().find(|(seen, _)| *seen == at).map(|(_, delta)| delta.clone())
                });
                match stood {
                    Some(delta) => {
                        self.inner.gemm(dst, accum, alpha, delta_t, MatRef::new(&delta, z.rows(), z.cols()));
                    }
                    None => self.inner.gemm(dst, accum, alpha, delta_t, z),
                }
            }
            Plant::OddTransposed if z.rows() % 2 == 1 && z.cols() % 2 == 1 => {
                // The rows of z are read from the last to the first.
                let rows: Vec<S> = (0..z.rows()).rev().flat_map(|n| z.row(n).iter().copied()).collect();
                self.inner.gemm(dst, accum, alpha, delta_t, MatRef::new(&rows, z.rows(), z.cols()));
            }
            Plant::TailSkipped => {
                self.inner.gemm(dst.reborrow(), accum, alpha, delta_t, z);
                let cols = dst.cols();
                if !cols.is_multiple_of(4) {
                    (0..dst.rows()).for_each(|i| dst.row_mut(i)[cols - 1] = S::ZERO);
                }
            }
            _ => self.inner.gemm(dst, accum, alpha, delta_t, z),
        }
    }

    /// Faults of a product of whatever kind, planted into its result.
    fn spoil(&self, dst: &mut MatMut<'_, S>, lhs: MatRef<'_, S>) {
        let cols = dst.cols();
        if cols == 0 {
            return;
        }
        match self.plant {
            Plant::LargeProduct if lhs.cols() > 256 => {
                (0..dst.rows()).for_each(|i| {
                    let entry = &mut dst.row_mut(i)[cols / 2];
                    *entry = *entry + *entry;
                });
            }
            Plant::ZeroBlockProduct => {
                let is_zero = |i: usize| (0..lhs.cols()).all(|k| lhs.at(i, k).to_f64().abs() <= 0.0);
                let blocks = (3..lhs.rows()).filter(|&i| lhs.cols() > 3 && (i - 3..=i).all(is_zero)).count();
                if blocks > 0 {
                    (0..dst.rows()).for_each(|i| dst.row_mut(i)[cols - 1] = S::ZERO);
                }
            }
            Plant::ForeignProduct => self.with(|state| {
                state.calls += 1;
                let now: Vec<S> = (0..dst.rows()).flat_map(|i| dst.row_mut(i).to_vec()).collect();
                if state.calls.is_multiple_of(41) && state.previous.len() == now.len() {
                    for (i, row) in state.previous.chunks(cols).enumerate() {
                        dst.row_mut(i).copy_from_slice(row);
                    }
                }
                state.previous = now;
            }),
            _ => {}
        }
    }
}

fn address<S>(data: &[S]) -> usize {
    data.as_ptr() as usize
}

fn round<S: Float>(x: S) -> S {
    S::from_f64(f64::from(x.to_f64() as f32))
}

impl<S: Float> Backend<S> for Kernels<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn gemm(&self, mut dst: MatMut<'_, S>, accum: Accum, alpha: S, lhs: MatRef<'_, S>, rhs: MatRef<'_, S>) {
        match (lhs.is_transposed(), rhs.is_transposed()) {
            (true, false) => self.gradient(dst.reborrow(), accum, alpha, lhs, rhs),
            (false, false) => self.back(dst.reborrow(), accum, alpha, lhs, rhs),
            _ => {
                self.with(|state| {
                    state.overwritten.clear();
                    state.begun.clear();
                });
                self.inner.gemm(dst.reborrow(), accum, alpha, lhs, rhs);
            }
        }
        self.spoil(&mut dst, lhs);
    }

    fn add_bias(&self, dst: MatMut<'_, S>, bias: &[S]) {
        self.inner.add_bias(dst, bias);
    }

    fn sum_rows(&self, dst: &mut [S], accum: Accum, alpha: S, delta: MatRef<'_, S>) {
        let share = match self.plant {
            Plant::BiasMean if delta.rows() > 0 => S::from_f64(1.0 / delta.rows() as f64),
            _ => S::ONE,
        };
        self.inner.sum_rows(dst, accum, share * alpha, delta);
    }

    fn activate(&self, h: &dyn Activation<S>, z: &mut [S]) {
        if matches!(self.plant, Plant::KinkHalf | Plant::KinkOne) {
            let at = address(z);
            let zeros = z.iter().map(|a| a.to_f64().abs() <= 0.0).collect();
            self.with(|state| {
                state.zeros.retain(|(seen, _)| *seen != at);
                state.zeros.push((at, zeros));
            });
        }
        self.inner.activate(h, z);
        if self.plant == Plant::NanToZero {
            z.iter_mut().filter(|z| z.to_f64().is_nan()).for_each(|z| *z = S::ZERO);
        }
    }

    fn chain(&self, h: &dyn Activation<S>, a: &[S], z: &[S], delta: &mut [S]) {
        let before: Vec<S> = delta.to_vec();
        let is_tanh = h.known() == Some(&Act::Tanh);
        let mut set = |slope: &dyn Fn(usize) -> S| {
            delta.iter_mut().enumerate().for_each(|(n, d)| *d = *d * slope(n));
        };
        match self.plant {
            Plant::NoSlope => return,
            Plant::SlopeAtZ => return set(&|n| h.derivative(z[n], h.value(z[n]))),
            Plant::SlopeLosesSquare if is_tanh => return set(&|n| S::ONE - z[n]),
            Plant::FastTanh if is_tanh => return set(&|n| h.derivative(a[n], z[n] + S::from_f64(2e-7) * z[n])),
            Plant::RoundedH if !h.needs_a() => return set(&|n| h.derivative(round(z[n]), round(z[n]))),
            _ => self.inner.chain(h, a, z, delta),
        }
        if self.plant == Plant::Aliased {
            // The errors of these units are complete, and they stand where the units stood.
            self.with(|state| {
                state.overwritten.retain(|(seen, _)| *seen != address(z));
                state.overwritten.push((address(z), delta.to_vec()));
            });
        }
        let kinked = matches!(h.known(), Some(Act::Relu | Act::LeakyRelu { .. }));
        for (n, d) in delta.iter_mut().enumerate() {
            match self.plant {
                // tanh′ = 0 from |a| = 9 on.
                Plant::Saturates if is_tanh && z[n].to_f64().abs() >= 0.999_999_969 => *d = S::ZERO,
                Plant::DeltaClamped => *d = d.min(S::ONE).max(-S::ONE),
                Plant::KinkNan if kinked && z[n].to_f64().is_nan() => *d = S::ZERO,
                Plant::KinkHalf | Plant::KinkOne if kinked => {
                    let slope = if self.plant == Plant::KinkHalf { S::HALF } else { S::ONE };
                    let at = address(z);
                    let on_kink = self.with(|state| {
                        state.zeros.iter().any(|(seen, zeros)| *seen == at && zeros.get(n) == Some(&true))
                    });
                    if on_kink {
                        *d = slope * before[n];
                    }
                }
                _ => {}
            }
        }
    }

    fn threads(&self) -> usize {
        self.inner.threads()
    }

    fn install(&self, work: usize, job: &mut (dyn FnMut() + Send)) {
        self.inner.install(work, job);
    }
}
