//! [`Plant`]: a fault in the way to a gradient, by name. Where each one sits is said in `kernels.rs`, `losses.rs` and
//! `subject.rs`; the engine itself is never touched.

/// One fault between examples and their gradient; `Right` is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plant {
    Right,
    NoSlope,
    SlopeAtZ,
    SlopeLosesSquare,
    WeightNotTransposed,
    OuterTransposed,
    SkipDropped,
    Overwritten,
    NotZeroed,
    LastSampleOnly,
    BiasMean,
    HalfLost,
    MeanForSum,
    NominalMean,
    NoShift,
    LogEpsilon,
    SoftmaxEpsilon,
    LabelInGradient,
    NotCanonical,
    SoftmaxTwice,
    Stale,
    Aliased,
    SampleDropped,
    PaddingCounted,
    TailSkipped,
    SinglePrecisionSums,
    FastTanh,
    RoundedH,
    RoundedP,
    EntryOff,
    EntryScaled,
    NanToZero,
    KinkHalf,
    KinkOne,
    KinkNan,
    BiasDecay,
    DeltaClamped,
    LostUpdate,
    ChunkTwice,
    Saturates,
    LargeProduct,
    ZeroBlockProduct,
    /// A product with a transposed left side is wrong where the sizes are odd.
    OddTransposed,
    /// A product of another thread is returned, now and then.
    ForeignProduct,
    /// The order of a sum follows the number of threads.
    ThreadOrder,
}

impl Plant {
    /// Faults that the error has too, so that its derivative is the gradient: no check of a gradient can see them.
    pub(crate) fn is_consistent(self) -> bool {
        matches!(self, Self::MeanForSum | Self::NominalMean | Self::LogEpsilon | Self::SoftmaxTwice)
    }

    /// Faults that leave one gradient of an ordinary net right and show elsewhere: a second call, large logits, a kink,
    /// NaN, large products, other threads.
    pub(crate) fn shows_elsewhere(self) -> bool {
        matches!(
            self,
            Self::NotZeroed
                | Self::Stale
                | Self::NoShift
                | Self::NanToZero
                | Self::KinkHalf
                | Self::KinkOne
                | Self::KinkNan
                | Self::Saturates
                | Self::LargeProduct
                | Self::ZeroBlockProduct
                | Self::LostUpdate
                | Self::ChunkTwice
                | Self::ForeignProduct
                | Self::ThreadOrder
        )
    }

    /// Faults that need a unit with several consumers.
    pub(crate) fn needs_consumers(self) -> bool {
        matches!(self, Self::SkipDropped | Self::Overwritten | Self::Aliased)
    }
}
