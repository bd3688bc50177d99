//! Every backend of the workspace obeys every law, one line each.

use bp_faer::Faer;
use bp_ndarray::Ndarray;

bp_verify::backend_conformance!(faer, Faer::with_threads(1));
bp_verify::backend_conformance!(faer_on_two_threads, Faer::with_threads(2));
bp_verify::backend_conformance!(ndarray, Ndarray::with_threads(1));
bp_verify::backend_conformance!(ndarray_on_two_threads, Ndarray::with_threads(2));
