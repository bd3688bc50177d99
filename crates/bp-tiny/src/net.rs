//! [`Net`]: forward propagation, error backpropagation and the update, one recursion over the layers.

use core::fmt;

use crate::{Real, Sgd};

/// A stack of layers with I inputs: an [`Output`](crate::Output), or a [`Layer`](crate::Layer) on top of which another stack
/// stands.
///
/// Everything that computes is inlined into the caller: one call inside a width dispatch is compiled for that width.
///
/// ```
/// use bp_tiny::{Layer, Net, Output, Sgd, Softmax, Tanh, one_hot};
///
/// type Xor = Layer<2, 8, Tanh, Output<8, 2, Softmax>>;
/// let examples = [0, 1, 2, 3].map(|n| ([(n / 2) as f32, (n % 2) as f32], one_hot([0, 1, 1, 0][n])));
/// let mut seed = 1_u32;
/// let mut net = Xor::init(|_, _| {
///     seed = seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
///     seed as f32 / 2.0_f32.powi(31) - 1.0
/// });
/// for _ in 0..500 {
///     net.step(&examples, &Sgd::new(0.5));
/// }
/// for (x, t) in &examples {
///     assert!(net.error(x, t) < 0.1);
/// }
/// ```
pub trait Net<const I: usize>: Copy {
    /// `f32` or `f64`.
    type Scalar: Real;

    /// A row of predictions or targets: an array with one value per output unit.
    type Row: Copy + fmt::Debug + PartialEq + AsRef<[Self::Scalar]> + AsMut<[Self::Scalar]>;

    /// Number of parameters. The size of the network is this many scalars, and not a byte more.
    const N_PARAMS: usize;

    /// All parameters 0: a sum of gradients before the first.
    fn zeros() -> Self;

    /// Weights from `draw`, which is given fan-in and fan-out of the layer, in the order of the parameters; biases 0.
    fn init(draw: impl FnMut(usize, usize) -> Self::Scalar) -> Self;

    /// Forward propagation (Bishop 5.48, 5.49): y.
    fn predict(&self, x: &[Self::Scalar; I]) -> Self::Row;

    /// E of one example.
    fn error(&self, x: &[Self::Scalar; I], t: &Self::Row) -> Self::Scalar;

    /// The recursion of [`learn`](Net::learn): E of one example and Σⱼ wⱼᵢ δⱼ with the weights from before the step.
    fn learn_and_back(
        &mut self,
        x: &[Self::Scalar; I],
        t: &Self::Row,
        sgd: &Sgd<Self::Scalar>,
    ) -> (Self::Scalar, [Self::Scalar; I]);

    /// Adds ∂E/∂w of one example to `gradient`; E and ∂E/∂x.
    fn add_gradient(
        &self,
        x: &[Self::Scalar; I],
        t: &Self::Row,
        gradient: &mut Self,
    ) -> (Self::Scalar, [Self::Scalar; I]);

    /// One step of `sgd` by `gradient` times `scale`.
    fn update(&mut self, gradient: &Self, scale: Self::Scalar, sgd: &Sgd<Self::Scalar>);

    /// Takes the parameters from the front of `params`; the rest.
    ///
    /// # Panics
    /// If there are too few.
    fn read<'a>(&mut self, params: &'a [Self::Scalar]) -> &'a [Self::Scalar];

    /// Writes the parameters to the front of `params`; the rest.
    ///
    /// # Panics
    /// If it is too short.
    fn write<'a>(&self, params: &'a mut [Self::Scalar]) -> &'a mut [Self::Scalar];

    /// One step of the online rule (M8): forward, backward, update by one example. E before the step, which costs nothing
    /// if it is not used.
    ///
    /// ```
    /// use bp_tiny::{Identity, Net, Output, Sgd};
    /// let mut line = Output::<1, 1, Identity, f64>::zeros();
    /// assert_eq!(line.learn(&[2.0], &[1.0], &Sgd::new(0.25)), 0.5);
    /// assert_eq!((line.dense.w, line.dense.b), ([[0.5]], [0.25])); // δ = −1
    /// ```
    #[inline(always)]
    fn learn(&mut self, x: &[Self::Scalar; I], t: &Self::Row, sgd: &Sgd<Self::Scalar>) -> Self::Scalar {
        self.learn_and_back(x, t, sgd).0
    }

    /// [`learn`](Net::learn) for every example in turn; the sum of the E before each step.
    ///
    /// The parameters are copied into the caller's frame for it, where those of a small network stay in registers.
    ///
    /// ```
    /// use bp_tiny::{Identity, Net, Output, Sgd};
    /// let mut line = Output::<1, 1, Identity>::zeros();
    /// let examples = [([0.0], [1.0]), ([1.0], [3.0]), ([2.0], [5.0])];
    /// while line.learn_each(&examples, &Sgd::new(0.1)) > 1e-9 {}
    /// assert!((line.predict(&[10.0])[0] - 21.0).abs() < 1e-3);
    /// ```
    #[inline(always)]
    fn learn_each(&mut self, examples: &[([Self::Scalar; I], Self::Row)], sgd: &Sgd<Self::Scalar>) -> Self::Scalar {
        let (mut net, mut error) = (*self, Self::Scalar::ZERO);
        for (x, t) in examples {
            error += net.learn(x, t, sgd);
        }
        *self = net;
        error
    }

    /// One step by the mean gradient of a batch (M8); the sum of its E before the step. An empty batch changes nothing.
    /// A batch of one has the bits of [`learn`](Net::learn), which is faster.
    ///
    /// ```
    /// use bp_tiny::{Identity, Net, Output, Sgd};
    /// let mut line = Output::<1, 1, Identity>::zeros();
    /// let error = line.step(&[([1.0], [1.0]), ([3.0], [2.0])], &Sgd::new(0.5));
    /// assert_eq!(error, 2.5);
    /// assert_eq!((line.dense.w, line.dense.b), ([[1.75]], [0.75])); // mean of −1·1 and −2·3; of −1 and −2
    /// ```
    #[inline(always)]
    fn step(&mut self, batch: &[([Self::Scalar; I], Self::Row)], sgd: &Sgd<Self::Scalar>) -> Self::Scalar {
        let mut gradient = Self::zeros();
        let mut error = Self::Scalar::ZERO;
        for (x, t) in batch {
            error += self.add_gradient(x, t, &mut gradient).0;
        }
        if !batch.is_empty() {
            self.update(&gradient, Self::Scalar::from_f64(1.0 / batch.len() as f64), sgd);
        }
        error
    }

    /// A network with these parameters, in the order of `bp_core::Plan`: layer after layer the weights `[to][from]`, then the
    /// biases.
    ///
    /// ```
    /// use bp_tiny::{Layer, Logistic, Net, Output, Relu};
    /// type Or = Layer<2, 1, Relu, Output<1, 1, Logistic>>;
    /// let net = Or::from_params(&[1.0, 1.0, 0.0, 4.0, -2.0])?;
    /// assert!(net.predict(&[0.0, 0.0])[0] < 0.2 && net.predict(&[1.0, 0.0])[0] > 0.8);
    /// let error = Or::from_params(&[1.0; 4]).unwrap_err();
    /// assert_eq!(error.to_string(), "parameters: expected 5 values, got 4");
    /// # Ok::<(), bp_tiny::LengthError>(())
    /// ```
    ///
    /// # Errors
    /// If their number is another.
    fn from_params(params: &[Self::Scalar]) -> Result<Self, LengthError> {
        LengthError::check(Self::N_PARAMS, params.len())?;
        let mut net = Self::zeros();
        net.read(params);
        Ok(net)
    }

    /// Copies the parameters into `params`, in the same order.
    ///
    /// # Errors
    /// If it has another length.
    fn copy_params(&self, params: &mut [Self::Scalar]) -> Result<(), LengthError> {
        LengthError::check(Self::N_PARAMS, params.len())?;
        self.write(params);
        Ok(())
    }
}

/// A slice of parameters of the wrong length. See [`Net::from_params`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LengthError {
    /// The number of parameters of the network.
    pub expected: usize,
    /// The length that was passed.
    pub got: usize,
}

impl LengthError {
    fn check(expected: usize, got: usize) -> Result<(), Self> {
        if expected == got { Ok(()) } else { Err(Self { expected, got }) }
    }
}

impl fmt::Display for LengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parameters: expected {} values, got {}", self.expected, self.got)
    }
}

impl core::error::Error for LengthError {}
