//! Model files: a [`Network`] to and from bytes and disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bp_core::{Activation, Architecture, Backend, Connection, ErrorFunction, Float, Plan, Source, Term};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::frame::{Dtype, FileError, MAX_SCHEMA, Reader, Writer, array, decode, encode, float_bytes, read_floats};
use crate::{Network, Schema, Standardizer, write_file};

/// A model that could not be saved or loaded from disk: the file, and why.
///
/// ```
/// use bp_core::Reference;
/// let error = bp_train::Network::<Reference>::load("no/such.bp").unwrap_err();
/// assert!(error.to_string().starts_with("cannot read no/such.bp: "));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The system refused.
    #[error("cannot {action} {}: {error}", .path.display())]
    Io {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The content is not a model.
    #[error("{}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: FileError,
    },
}

/// The header's content. Terms are taken out of the architecture and stored as sections, so that the header
/// stays small.
#[derive(Serialize, Deserialize)]
struct Meta<H> {
    kind: String,
    architecture: Architecture<H>,
    loss: ErrorFunction,
}

const KIND: &str = "network";

impl<B, S, H> Network<B, S, H>
where
    B: Backend<S> + Default,
    S: Float,
    H: Activation<S> + Clone + Serialize + DeserializeOwned,
{
    /// A network from the bytes of a model file, for instance from `include_bytes!`.
    ///
    /// # Errors
    /// A [`FileError`] if the bytes are no whole, undamaged model of scalar `S`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FileError> {
        Self::from_bytes_on(B::default(), bytes)
    }

    /// A network from a model file.
    ///
    /// # Errors
    /// If the file cannot be read or is no model of scalar `S`.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|error| ModelError::Io { action: "read", path: path.into(), error })?;
        Self::from_bytes(&bytes).map_err(|error| ModelError::File { path: path.into(), error })
    }
}

impl<B, S, H> Network<B, S, H>
where
    B: Backend<S>,
    S: Float,
    H: Activation<S> + Clone + Serialize + DeserializeOwned,
{
    /// The bytes of a model file: architecture, loss, parameters, scaling and schema. The same network gives the
    /// same bytes; they hold no time and no name of a machine.
    ///
    /// ```
    /// use bp_core::{Act, Reference, stack};
    /// use bp_train::Network;
    /// let net = Network::<Reference, f64>::new(stack(2).hidden(3, Act::Gelu).output(1, Act::Identity), 5)?;
    /// let same = Network::<Reference, f64>::from_bytes(&net.to_bytes()?)?;
    /// assert_eq!(same.params(), net.params());
    /// assert_eq!(same.plan().architecture(), net.plan().architecture());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// For what could not be read again: an architecture that takes more than 1 MiB without its terms, a schema of
    /// more than 64 MiB, a standardiser that was fitted to numbers that are not finite.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FileError> {
        let mut writer = Writer::default();
        let mut architecture = self.plan.architecture().clone();
        for_each_terms(&mut architecture, |name, terms| {
            let none = |weight: Option<u32>| weight.unwrap_or(u32::MAX);
            let numbers = terms.iter().flat_map(|t| [t.to, t.from, none(t.weight)]);
            let bytes: Vec<u8> = numbers.flat_map(u32::to_le_bytes).collect();
            writer.section(name, Dtype::U32, &[terms.len(), 3], &bytes);
            terms.clear();
            Ok(())
        })?;
        let (dtype, bytes) = float_bytes(&self.params);
        writer.section("params", dtype, &[self.params.len()], &bytes);
        for (name, scaling) in [("input", &self.input_scaling), ("target", &self.target_scaling)] {
            if let Some(scaling) = scaling {
                check_scaling(scaling, name)?;
                writer.floats(&format!("{name}.mean"), &scaling.mean);
                writer.floats(&format!("{name}.scale"), &scaling.scale);
            }
        }
        if let Some(schema) = &self.schema {
            let bytes = encode::<_, MAX_SCHEMA>(schema, "schema")?;
            writer.section("schema", Dtype::U8, &[bytes.len()], &bytes);
        }
        writer.finish(Meta { kind: KIND.into(), architecture, loss: self.loss })
    }

    /// [`from_bytes`](Network::from_bytes) on a given backend.
    ///
    /// # Errors
    /// As [`from_bytes`](Network::from_bytes).
    pub fn from_bytes_on(backend: B, bytes: &[u8]) -> Result<Self, FileError> {
        let mut file = Reader::<Meta<H>>::new(bytes)?;
        if file.meta.kind != KIND {
            return Err(invalid("header", format!("it describes a {:.40}, expected a {KIND}", file.meta.kind)));
        }
        let mut known = vec!["params", "input.mean", "input.scale", "target.mean", "target.scale", "schema"]
            .into_iter()
            .map(String::from)
            .collect::<Vec<_>>();
        let mut architecture = file.meta.architecture.clone();
        for_each_terms(&mut architecture, |name, terms| {
            let bytes = file.bytes(name, Dtype::U32).ok_or_else(|| missing(name))?;
            *terms = bytes.chunks_exact(12).map(term).collect();
            known.push(name.into());
            Ok(())
        })?;
        file.meta.architecture = architecture;
        if let Some(unknown) = file.names().find(|name| !known.iter().any(|k| k == name)) {
            return Err(invalid("header", format!("unknown section {unknown:.40}")));
        }
        let params = read_floats::<S, _>(&file, "params")?;
        let scaling = [scaling(&file, "input")?, scaling(&file, "target")?];
        let schema: Option<Schema> =
            file.bytes("schema", Dtype::U8).map(|bytes| decode::<_, MAX_SCHEMA>(bytes, "schema")).transpose()?;

        let plan = Plan::new(file.meta.architecture).map_err(|e| invalid("header", e.to_string()))?;
        let same = |part: &str, expected: usize, got: usize| match expected == got {
            true => Ok(()),
            false => Err(invalid(part, format!("{got} values, expected {expected}"))),
        };
        same("params", plan.n_params(), params.len())?;
        let widths = [("input.mean", plan.inputs()), ("target.mean", plan.outputs())];
        for (scaling, (part, width)) in scaling.iter().zip(widths) {
            if let Some(scaling) = scaling {
                same(part, width, scaling.width())?;
            }
        }
        let [input_scaling, target_scaling] = scaling;
        let mut net = Self::from_plan(backend, plan, params);
        net.set_loss(file.meta.loss).map_err(|e| invalid("header", e.to_string()))?;
        (net.input_scaling, net.target_scaling) = (input_scaling, target_scaling);
        if let Some(schema) = schema {
            net.set_schema(schema).map_err(|e| invalid("schema", e.to_string()))?;
        }
        Ok(net)
    }

    /// Writes a model file, so that at every moment the old file or the new one stands there, whole. See
    /// [`write_file`].
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelError> {
        let path = path.as_ref();
        let bytes = self.to_bytes().map_err(|error| ModelError::File { path: path.into(), error })?;
        write_file(path, &bytes).map_err(|error| ModelError::Io { action: "write", path: path.into(), error })
    }
}

/// The scalar of a model file, `f32` or `f64`, once every checksum in it is found right.
///
/// ```
/// use bp_core::{Act, Reference, stack};
/// let net = bp_train::Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 0)?;
/// assert_eq!(bp_train::model_dtype(&net.to_bytes()?)?, "f64");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the bytes are no whole, undamaged model.
pub fn model_dtype(bytes: &[u8]) -> Result<&'static str, FileError> {
    let file = Reader::<Meta<bp_core::Act>>::new(bytes)?;
    file.dtype("params").map(Dtype::name).ok_or_else(|| missing("params"))
}

/// Calls `f` with a section name and the list of every connection by terms.
fn for_each_terms<H>(
    architecture: &mut Architecture<H>,
    mut f: impl FnMut(&str, &mut Vec<Term>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let hidden = architecture.hidden.iter_mut().map(|layer| &mut layer.sources);
    for (l, sources) in hidden.chain([&mut architecture.output.sources]).enumerate() {
        for (i, Source { connection, .. }) in sources.iter_mut().enumerate() {
            if let Connection::Terms(terms) = connection {
                f(&format!("terms.{l}.{i}"), terms)?;
            }
        }
    }
    Ok(())
}

fn term(bytes: &[u8]) -> Term {
    let [to, from, weight] = [0, 4, 8].map(|at| u32::from_le_bytes(array(&bytes[at..])));
    Term { to, from, weight: (weight != u32::MAX).then_some(weight) }
}

fn scaling<T: DeserializeOwned>(file: &Reader<'_, T>, name: &str) -> Result<Option<Standardizer>, FileError> {
    let (mean_name, scale_name) = (format!("{name}.mean"), format!("{name}.scale"));
    match (file.floats(&mean_name), file.floats(&scale_name)) {
        (None, None) => Ok(None),
        (Some(mean), Some(scale)) => {
            let scaling = Standardizer { mean, scale };
            check_scaling(&scaling, name)?;
            Ok(Some(scaling))
        }
        (None, _) => Err(missing(&mean_name)),
        (_, None) => Err(missing(&scale_name)),
    }
}

fn check_scaling(scaling: &Standardizer, name: &str) -> Result<(), FileError> {
    let why = "scales must be positive and finite, one per finite mean";
    if scaling.is_sound() { Ok(()) } else { Err(invalid(&format!("{name}.scale"), why.into())) }
}

fn invalid(part: &str, why: String) -> FileError {
    FileError::Invalid { part: part.into(), why }
}

fn missing(name: &str) -> FileError {
    invalid("header", format!("section {name} is missing"))
}

#[cfg(test)]
mod tests {
    use bp_core::{Act, Reference, stack};

    use super::*;

    /// A setting that `set_loss` refuses cannot come in by a file either.
    #[test]
    fn settings_in_files_are_checked() {
        let mut net = Network::<Reference, f64>::new(stack(1).output(1, Act::Identity), 0).expect("a network");
        net.loss = ErrorFunction::Huber { threshold: -1.0 };
        let error =
            Network::<Reference, f64>::from_bytes(&net.to_bytes().expect("small")).expect_err("a bad threshold");
        let why = "header is not valid: the threshold of huber is -1, expected a finite number above 0";
        assert_eq!(error.to_string(), why);
    }
}
