//! [`Network`]: a plan with parameters, a backend to run on, and what is needed to read and write real data.

use std::sync::Arc;

use bp_core::{
    Act, Activation, Architecture, Backend, ErrorFunction, Examples, Float, Init, MatRef, Output, OutputFunction,
    OutputKind, Plan, PlanError, ShapeError, Targets, Workspace,
};

use crate::setting::check_loss;
use crate::{Philox, Schema, SettingError, Standardizer, stream};

/// Rows that are evaluated together: fixed, so that results do not depend on the number of threads.
pub(crate) const BLOCK: usize = 256;

/// A feed-forward network with its parameters.
///
/// Inputs and outputs are in the user's units: [`predict`](Network::predict) standardises inputs and scales
/// regression outputs back if the network has standardisers ([`standardize`](Network::standardize)).
///
/// Each backend crate has an alias in which the backend is chosen and the scalar is `f32` unless named.
///
/// ```
/// use bp_core::{Act, Output, Reference, stack};
/// let net = bp_train::Network::<Reference, f32>::new(stack(2).hidden(8, Act::Tanh).output(3, Output::Softmax), 7)?;
/// let y = net.predict(&[0.5, -0.5])?;
/// assert!((y.iter().sum::<f32>() - 1.0).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Network<B, S = f32, H = Act> {
    pub(crate) plan: Plan<H>,
    /// Shared, so that the training loop can run inside it.
    pub(crate) backend: Arc<B>,
    pub(crate) params: Vec<S>,
    pub(crate) loss: ErrorFunction,
    pub(crate) schema: Option<Schema>,
    pub(crate) input_scaling: Option<Standardizer>,
    pub(crate) target_scaling: Option<Standardizer>,
}

/// Memory for predictions, so that [`Network::predict_into`] allocates nothing.
#[derive(Debug, Clone)]
pub struct Scratch<S> {
    ws: Workspace<S>,
    x: Vec<S>,
    y: Vec<S>,
}

impl<B, S, H> Network<B, S, H>
where
    B: Backend<S>,
    S: Float,
    H: Activation<S>,
{
    /// A network with initial weights drawn from `seed`, each layer by what suits its activation.
    ///
    /// # Errors
    /// If the architecture is no feed-forward network.
    pub fn new(architecture: Architecture<H>, seed: u64) -> Result<Self, PlanError>
    where
        B: Default,
    {
        Self::on(B::default(), architecture, seed)
    }

    /// [`new`](Network::new) on a given backend.
    ///
    /// # Errors
    /// As [`new`](Network::new).
    pub fn on(backend: B, architecture: Architecture<H>, seed: u64) -> Result<Self, PlanError> {
        let plan = Plan::new(architecture)?;
        let params = vec![S::ZERO; plan.n_params()];
        let mut net = Self::from_plan(backend, plan, params);
        net.init(None, seed);
        Ok(net)
    }

    /// A network from its parts; `params` has one value per parameter.
    pub(crate) fn from_plan(backend: B, plan: Plan<H>, params: Vec<S>) -> Self {
        let loss = ErrorFunction::canonical(output_kind::<S, H>(&plan));
        let backend = Arc::new(backend);
        Self { plan, backend, params, loss, schema: None, input_scaling: None, target_scaling: None }
    }

    /// Draws all weights anew and sets biases to 0; with `None` each layer by what suits its activation.
    pub fn init(&mut self, init: Option<Init>, seed: u64) {
        self.plan.init(&mut self.params, init, &mut Philox::new(seed, stream::INIT));
    }

    /// Fits standardisers of the inputs and, where outputs are unbounded (identity), of the targets. Give it the
    /// training part only. [`crate::Trainer`] and [`predict`](Network::predict) apply them from here on.
    ///
    /// # Errors
    /// If the examples do not fit the network.
    pub fn standardize(&mut self, train: &Examples<'_, S>) -> Result<(), ShapeError> {
        self.standardize_by(train, Standardizer::fit)
    }

    /// The same, but inputs that look as if they had one unit keep their sizes beside each other: see
    /// [`Standardizer::fit_units`].
    ///
    /// # Errors
    /// If the examples do not fit the network.
    pub fn standardize_units(&mut self, train: &Examples<'_, S>) -> Result<(), ShapeError> {
        self.standardize_by(train, Standardizer::fit_units)
    }

    fn standardize_by(
        &mut self,
        train: &Examples<'_, S>,
        fit: impl Fn(MatRef<'_, S>) -> Standardizer,
    ) -> Result<(), ShapeError> {
        let rows = check_examples(&self.plan, train)?;
        self.input_scaling = Some(fit(MatRef::new(train.x, rows, self.plan.inputs())));
        self.target_scaling = match train.t {
            Targets::Rows(t) if self.output_kind() == OutputKind::Identity => {
                Some(Standardizer::fit(MatRef::new(t, rows, self.plan.outputs())))
            }
            _ => None,
        };
        Ok(())
    }

    /// Sets the error function that training and evaluation use; the default is the canonical one of the output.
    ///
    /// # Errors
    /// If a setting of the error function is out of range: the threshold of Huber's must be positive and finite.
    pub fn set_loss(&mut self, loss: ErrorFunction) -> Result<(), SettingError> {
        check_loss(loss)?;
        self.loss = loss;
        Ok(())
    }

    /// Sets what the columns mean.
    ///
    /// # Errors
    /// If the schema has another number of inputs or outputs than the network.
    pub fn set_schema(&mut self, schema: Schema) -> Result<(), ShapeError> {
        let same = |what, expected, got| match expected == got {
            true => Ok(()),
            false => Err(ShapeError::Length { what, expected, got }),
        };
        same("inputs of the schema", self.plan.inputs(), schema.inputs())?;
        same("outputs of the schema", self.plan.outputs(), schema.outputs())?;
        self.schema = Some(schema);
        Ok(())
    }

    /// The parameters, in the plan's order.
    pub fn params_mut(&mut self) -> &mut [S] {
        &mut self.params
    }

    /// Predictions for whole rows of inputs, in the user's units: examples × outputs. More than 256 rows are
    /// spread over the backend's threads, in fixed blocks.
    ///
    /// # Errors
    /// If `x` is no whole number of rows.
    pub fn predict(&self, x: &[S]) -> Result<Vec<S>, ShapeError> {
        let rows = rows_of_input(&self.plan, x)?;
        let outputs = self.plan.outputs();
        let mut y = vec![S::ZERO; rows * outputs];
        let blocks: Vec<_> = y.chunks_mut(BLOCK * outputs).zip(x.chunks(BLOCK * self.plan.inputs())).collect();
        crate::blocks::for_each(
            &*self.backend,
            blocks,
            || self.scratch(rows.min(BLOCK)),
            |scratch, (y, x)| {
                y.copy_from_slice(self.forward_rows(x, scratch));
            },
        );
        Ok(y)
    }

    /// Memory for predictions of up to `rows` rows at a time.
    pub fn scratch(&self, rows: usize) -> Scratch<S> {
        Scratch {
            ws: self.plan.workspace(rows),
            x: vec![S::ZERO; if self.input_scaling.is_some() { rows * self.plan.inputs() } else { 0 }],
            y: vec![S::ZERO; rows * self.plan.outputs()],
        }
    }

    /// [`predict`](Network::predict) without an allocation, for at most as many rows as `scratch` was made for.
    ///
    /// ```
    /// use bp_core::{Act, Reference, stack};
    /// let net = bp_train::Network::<Reference>::new(stack(2).output(1, Act::Identity), 7)?;
    /// let mut scratch = net.scratch(1);
    /// assert_eq!(net.predict_into(&[0.5, -0.5], &mut scratch)?, net.predict(&[0.5, -0.5])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If `x` is no whole number of rows or has more rows than `scratch`.
    pub fn predict_into<'a>(&self, x: &[S], scratch: &'a mut Scratch<S>) -> Result<&'a [S], ShapeError> {
        let rows = rows_of_input(&self.plan, x)?;
        if rows > scratch.ws.capacity() {
            return Err(ShapeError::Batch { capacity: scratch.ws.capacity(), got: rows });
        }
        Ok(self.forward_rows(x, scratch))
    }

    /// The most probable class of each row: the largest output, the first of equal ones; with a single output, 1
    /// where it is at least ½. A row with an output that is NaN has none, and gets 0.
    ///
    /// # Errors
    /// As [`predict`](Network::predict).
    pub fn classify(&self, x: &[S]) -> Result<Vec<u32>, ShapeError> {
        Ok(self.predict(x)?.chunks_exact(self.plan.outputs()).map(|y| class_of(y).unwrap_or(0)).collect())
    }

    /// Forward pass over checked rows, scaling on both sides.
    fn forward_rows<'a>(&self, x: &[S], scratch: &'a mut Scratch<S>) -> &'a [S] {
        let Scratch { ws, x: scaled, y } = scratch;
        let x = match &self.input_scaling {
            Some(scaling) => {
                let scaled = &mut scaled[..x.len()];
                scaled.copy_from_slice(x);
                scaling.apply(scaled);
                scaled
            }
            None => x,
        };
        self.plan.forward(&*self.backend, &self.params, x, ws).expect("rows were checked and the scratch is ours");
        let y = &mut y[..ws.rows() * self.plan.outputs()];
        for (n, row) in y.chunks_exact_mut(self.plan.outputs()).enumerate() {
            row.copy_from_slice(ws.y().row(n));
        }
        if let Some(scaling) = &self.target_scaling {
            scaling.invert(y);
        }
        y
    }

    /// The plan.
    pub fn plan(&self) -> &Plan<H> {
        &self.plan
    }

    /// The backend.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// The parameters, in the plan's order.
    pub fn params(&self) -> &[S] {
        &self.params
    }

    /// The error function.
    pub fn loss(&self) -> ErrorFunction {
        self.loss
    }

    /// What the columns mean, if set.
    pub fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()
    }

    /// The standardiser of the inputs, if any.
    pub fn input_scaling(&self) -> Option<&Standardizer> {
        self.input_scaling.as_ref()
    }

    /// The standardiser of the targets, if any.
    pub fn target_scaling(&self) -> Option<&Standardizer> {
        self.target_scaling.as_ref()
    }

    /// Which output function it has.
    pub fn output_kind(&self) -> OutputKind {
        output_kind::<S, H>(&self.plan)
    }
}

fn output_kind<S: Float, H: Activation<S>>(plan: &Plan<H>) -> OutputKind {
    let output: &Output<H> = &plan.architecture().output.function;
    OutputFunction::<S>::kind(output)
}

/// The class that a row of outputs stands for; none if one of them is NaN.
pub(crate) fn class_of<S: Float>(y: &[S]) -> Option<u32> {
    if y.iter().any(|y_k| y_k.to_f64().is_nan()) {
        return None;
    }
    if let [single] = y {
        return Some(u32::from(*single >= S::HALF));
    }
    let mut best = 0;
    for (k, y_k) in y.iter().enumerate() {
        if *y_k > y[best] {
            best = k;
        }
    }
    Some(best as u32)
}

pub(crate) fn rows_of_input<S, H>(plan: &Plan<H>, x: &[S]) -> Result<usize, ShapeError> {
    let width = plan.inputs();
    if x.len().is_multiple_of(width) {
        return Ok(x.len() / width);
    }
    Err(ShapeError::Ragged { layer: bp_core::INPUT.into(), width, got: x.len() })
}

/// Checks x, t and weights against each other and the plan; returns the number of examples.
pub(crate) fn check_examples<S: Float, H>(plan: &Plan<H>, examples: &Examples<'_, S>) -> Result<usize, ShapeError> {
    let rows = rows_of_input(plan, examples.x)?;
    let layer = || plan.architecture().output.name.clone();
    let width = plan.outputs();
    if let Targets::Rows(t) = examples.t
        && !t.len().is_multiple_of(width)
    {
        return Err(ShapeError::Ragged { layer: layer(), width, got: t.len() });
    }
    let same = |what, got| match got == rows {
        true => Ok(()),
        false => Err(ShapeError::Examples { what, expected: rows, got }),
    };
    same("targets", examples.t.len(width))?;
    if let Targets::Classes(classes) = examples.t
        && let Some(example) = classes.iter().position(|&class| class as usize >= width)
    {
        return Err(ShapeError::Class { example, class: classes[example], layer: layer(), width });
    }
    examples.weights.map_or(Ok(()), |weights| same("weights of examples", weights.len()))?;
    Ok(rows)
}

/// The sum of the examples' weights, their number if all weigh 1.
pub(crate) fn total_weight<S: Float>(examples: &Examples<'_, S>, rows: usize) -> f64 {
    examples.weights.map_or(rows as f64, |weights| weights.iter().map(|weight| weight.to_f64()).sum())
}
