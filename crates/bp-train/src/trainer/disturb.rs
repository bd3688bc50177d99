//! What a [`Trainer`] can be told to disturb: hidden units and inputs, in training alone.

use bp_core::Float;

use super::Trainer;

impl<S: Float> Trainer<S> {
    /// Dropout (Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014), inverted: in a step every hidden unit
    /// is 0 with probability p and h(a)/(1 − p) otherwise, for all its consumers; 0.5 is usual, less in narrow layers.
    ///
    /// Each example has a mask of its own, a function of the seed, the step, the layer and the row in the step's batch.
    /// Nothing is dropped outside of training steps: a prediction needs no factor, and the error of an epoch, which is
    /// summed over the steps, is larger than that of the network it leaves.
    ///
    /// ```
    /// use bp_train::Trainer;
    /// let trainer: Trainer = Trainer::new().input_dropout(0.2).dropout(0.5).layer_dropout("h2", 0.25);
    /// ```
    #[must_use]
    pub fn dropout(mut self, rate: f64) -> Self {
        self.noise.hidden = rate;
        self
    }

    /// Another rate for a hidden layer, 0 for none. The last one for a layer counts.
    #[must_use]
    pub fn layer_dropout(mut self, layer: impl Into<String>, rate: f64) -> Self {
        self.noise.layers.push((layer.into(), rate));
        self
    }

    /// Dropout on the inputs, as on hidden units; 0.2 is usual. After standardisation, where 0 is the mean.
    #[must_use]
    pub fn input_dropout(mut self, rate: f64) -> Self {
        self.noise.inputs = rate;
        self
    }

    /// Adds normal noise of mean 0 and standard deviation σ to every input of a training step, before dropout and in
    /// the units that the network is trained in: standardised ones, if it standardises. For small σ and a sum of squares
    /// it acts like a penalty on ∂y/∂x (Bishop 1995, «Training with noise is equivalent to Tikhonov regularization»).
    #[must_use]
    pub fn input_noise(mut self, sigma: f64) -> Self {
        self.noise.sigma = sigma;
        self
    }
}
