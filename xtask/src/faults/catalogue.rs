//! The forty faults of VERIFICATION §3: number, what is wrong, who should see it, and what is planted for it.

use super::checker::Blind;
use super::loaders::Lapse;
use super::optimizers::{Rule, Slip};
use super::plant::Plant;
use super::saves::Forgets;

/// A way to look at a subject. The names are those of VERIFICATION §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detector {
    Enc,
    Fd,
    Rel,
    Xb,
    Shp,
    His,
    Det,
    Gld,
    Opt,
    Xtr,
    Dat,
    Con,
    Met,
}

use Detector::{Con, Dat, Det, Enc, Fd, Gld, His, Met, Opt, Rel, Shp, Xb, Xtr};

impl Detector {
    pub(crate) const ALL: [Self; 13] = [Enc, Fd, Rel, Xb, Shp, His, Det, Gld, Opt, Xtr, Dat, Con, Met];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Enc => "ENC",
            Fd => "FD",
            Rel => "REL",
            Xb => "XB",
            Shp => "SHP",
            His => "HIS",
            Det => "DET",
            Gld => "GLD",
            Opt => "OPT",
            Xtr => "XTR",
            Dat => "DAT",
            Con => "CON",
            Met => "MET",
        }
    }
}

/// Where a fault is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    Gradient(Plant),
    Optimizer(Rule, Slip),
    Loader(Lapse),
    Saved(Forgets),
    Checker(Blind),
}

use Carrier::{Checker, Gradient, Loader, Optimizer, Saved};

/// One of the forty.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) number: usize,
    pub(crate) what: &'static str,
    /// Who should see it; one of them must.
    pub(crate) named: &'static [Detector],
    /// Every form of it; each must be seen.
    pub(crate) planted: &'static [Carrier],
}

const fn fault(number: usize, what: &'static str, named: &'static [Detector], planted: &'static [Carrier]) -> Fault {
    Fault { number, what, named, planted }
}

/// All forty, in VERIFICATION's order. Where its table describes a detector without a code (a over [−20, 20] for 2; 31,
/// 38, 39, 40), the one that does what it says is named here.
pub(crate) const FAULTS: [Fault; 40] = [
    fault(1, "h′ missing in δ", &[Enc, Fd], &[Gradient(Plant::NoSlope)]),
    fault(2, "h′ at the output z instead of a", &[Enc, Xtr], &[Gradient(Plant::SlopeAtZ)]),
    fault(3, "h′ = 1 − h, square lost", &[Enc], &[Gradient(Plant::SlopeLosesSquare)]),
    fault(4, "W not transposed in the sum of δ", &[Enc, Shp], &[Gradient(Plant::WeightNotTransposed)]),
    fault(5, "outer product x δᵀ for δ xᵀ", &[Enc, Shp], &[Gradient(Plant::OuterTransposed)]),
    fault(6, "a skip's consumer dropped from the sum of δ", &[Enc], &[Gradient(Plant::SkipDropped)]),
    fault(7, "δ overwritten by the second consumer", &[Enc, Rel], &[Gradient(Plant::Overwritten)]),
    fault(8, "gradient not zeroed between calls", &[His], &[Gradient(Plant::NotZeroed)]),
    fault(9, "only the last example's gradient kept", &[Rel], &[Gradient(Plant::LastSampleOnly)]),
    fault(10, "bias gradient divided by the batch", &[Enc, Rel], &[Gradient(Plant::BiasMean)]),
    fault(11, "½ of the sum of squares lost in δ", &[Enc], &[Gradient(Plant::HalfLost)]),
    fault(12, "mean where a sum is documented, in E too", &[Gld, Rel], &[Gradient(Plant::MeanForSum)]),
    fault(13, "mean over the nominal size of the last batch", &[Rel, Gld], &[Gradient(Plant::NominalMean)]),
    fault(14, "softmax without the shift by the maximum", &[Xtr, Rel], &[Gradient(Plant::NoShift)]),
    fault(15, "log(p + 1e-12) in the error", &[Gld, Xtr], &[Gradient(Plant::LogEpsilon)]),
    fault(16, "epsilon 1e-8 in softmax's denominator, backward only", &[Enc], &[Gradient(Plant::SoftmaxEpsilon)]),
    fault(17, "labels off by one, in the loader", &[Dat, Gld], &[Loader(Lapse::LabelShift)]),
    fault(18, "label off by one, in the gradient only", &[Enc], &[Gradient(Plant::LabelInGradient)]),
    fault(19, "δ = (y − t) y (1 − y) with softmax", &[Enc, Rel], &[Gradient(Plant::NotCanonical)]),
    fault(20, "softmax applied twice, consistently", &[Gld, Rel], &[Gradient(Plant::SoftmaxTwice)]),
    fault(21, "stale units of the previous batch", &[His], &[Gradient(Plant::Stale)]),
    fault(22, "δ written over units still needed", &[His], &[Gradient(Plant::Aliased)]),
    fault(23, "an example of a partial batch dropped", &[Enc, Rel], &[Gradient(Plant::SampleDropped)]),
    fault(24, "padded rows counted", &[Shp, Rel], &[Gradient(Plant::PaddingCounted)]),
    fault(25, "last column of a vector's tail skipped", &[Shp], &[Gradient(Plant::TailSkipped)]),
    fault(26, "sums in f32 on the f64 path", &[Enc, Xb], &[Gradient(Plant::SinglePrecisionSums)]),
    fault(27, "fast tanh (2e-7) in the backward pass", &[Enc], &[Gradient(Plant::FastTanh)]),
    fault(
        28,
        "h, or p, rounded to f32 in the backward pass",
        &[Enc],
        &[Gradient(Plant::RoundedH), Gradient(Plant::RoundedP)],
    ),
    fault(29, "one entry off by 3e-6, or × 1.0005", &[Enc], &[Gradient(Plant::EntryOff), Gradient(Plant::EntryScaled)]),
    fault(
        30,
        "NaN swallowed by a maximum, or by if err > tol",
        &[Met, Xtr],
        &[Gradient(Plant::NanToZero), Checker(Blind::NanPasses)],
    ),
    fault(
        31,
        "relu at 0: ½ or 1, or NaN becomes 0",
        &[Gld],
        &[Gradient(Plant::KinkHalf), Gradient(Plant::KinkOne), Gradient(Plant::KinkNan)],
    ),
    fault(32, "weight decay of 1e-6 on biases", &[Enc, Gld], &[Gradient(Plant::BiasDecay)]),
    fault(
        33,
        "weight decay: sign, per micro-step, after the update",
        &[Opt],
        &[
            Optimizer(Rule::Sgd, Slip::DecaySign),
            Optimizer(Rule::Sgd, Slip::DecayTwice),
            Optimizer(Rule::Sgd, Slip::DecayAfter),
        ],
    ),
    fault(
        34,
        "momentum's sign, Nesterov's point, t off by one",
        &[Opt],
        &[
            Optimizer(Rule::Momentum, Slip::MomentumSign),
            Optimizer(Rule::Nesterov, Slip::NesterovPoint),
            Optimizer(Rule::Adam, Slip::LateCorrection),
        ],
    ),
    fault(
        35,
        "clip per value instead of by norm; δ clamped to ±1",
        &[Opt, Rel],
        &[Optimizer(Rule::Clip, Slip::ClipByValue), Gradient(Plant::DeltaClamped)],
    ),
    fault(36, "a race loses an update", &[Con, Det, Rel], &[Gradient(Plant::LostUpdate)]),
    fault(37, "a chunk counted twice at a split", &[Rel, Det], &[Gradient(Plant::ChunkTwice)]),
    fault(38, "saturation: tanh′ = 0 from a = ±9 on", &[Xtr], &[Gradient(Plant::Saturates)]),
    fault(
        39,
        "product wrong for one size, or with zero blocks",
        &[Xb],
        &[Gradient(Plant::LargeProduct), Gradient(Plant::ZeroBlockProduct)],
    ),
    fault(
        40,
        "state lost by save and load",
        &[His],
        &[
            Saved(Forgets::Moments),
            Saved(Forgets::Steps),
            Saved(Forgets::Place),
            Saved(Forgets::Sums),
            Saved(Forgets::Digits),
        ],
    ),
];

/// A fault that somebody reported.
pub(crate) struct Historic {
    /// repository#number.
    pub(crate) thread: &'static str,
    pub(crate) what: &'static str,
    pub(crate) planted: Carrier,
    /// Who must see it.
    pub(crate) by: Detector,
}

const fn historic(thread: &'static str, what: &'static str, planted: Carrier, by: Detector) -> Historic {
    Historic { thread, what, planted, by }
}

/// Faults of others, planted in our terms.
pub(crate) const HISTORIC: [Historic; 15] = [
    historic("chainer#261", "weight decay with the wrong sign", Optimizer(Rule::Sgd, Slip::DecaySign), Opt),
    historic("keras#19990", "weight decay with every micro-step", Optimizer(Rule::Sgd, Slip::DecayTwice), Opt),
    historic("transformers#14539", "weight decay after the update", Optimizer(Rule::Sgd, Slip::DecayAfter), Opt),
    historic("chainer#3541", "a check of gradients that cannot fail", Checker(Blind::NoEntries), Met),
    historic("Mnemosyne#987", "all-equal cotangents that cancel", Checker(Blind::EqualInputs), Met),
    historic("pytorch#114234", "relu at 0: differences say ½", Gradient(Plant::KinkHalf), Gld),
    historic("caffe#1334", "a slope at a kink that no side has checked", Gradient(Plant::KinkOne), Gld),
    historic("tensorflow#126524", "tanh′ = 0 in saturation", Gradient(Plant::Saturates), Xtr),
    historic("faer-rs#273", "one column of a large product wrong", Gradient(Plant::LargeProduct), Xb),
    historic("burn#5304", "aᵀ b wrong for odd sizes", Gradient(Plant::OddTransposed), Enc),
    historic("numpy#29391", "another thread's product returned", Gradient(Plant::ForeignProduct), Det),
    historic("pytorch#88718", "bits of a layer follow the thread count", Gradient(Plant::ThreadOrder), Det),
    historic("vision#8204", "a page of HTML saved as data", Loader(Lapse::AnyBytes), Dat),
    historic("vision#1456", "data that nothing checks on the way in", Loader(Lapse::AnyBytes), Dat),
    historic("LiteRT#9254", "a product of dimensions that wraps to 0", Loader(Lapse::WrappedProduct), Dat),
];
