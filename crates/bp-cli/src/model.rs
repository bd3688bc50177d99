//! Model files, opened with the scalar that they hold.

use std::fs;
use std::path::Path;

use bp_core::OutputKind;
use bp_train::{Column, ModelError, Schema, TargetKind, model_dtype};

use crate::args::{DtypeName, MachineArgs};
use crate::backend::{Net, Number};
use crate::failure::Failure;

/// The bytes of a model file and the scalar in it.
pub(crate) struct ModelFile<'a> {
    path: &'a Path,
    pub(crate) bytes: Vec<u8>,
    pub(crate) dtype: DtypeName,
}

impl<'a> ModelFile<'a> {
    /// Reads a model file.
    pub(crate) fn read(path: &'a Path) -> Result<Self, Failure> {
        let bytes = fs::read(path).map_err(|error| ModelError::Io { action: "read", path: path.into(), error })?;
        let dtype = match model_dtype(&bytes).map_err(|error| Failure::model_file(path, error))? {
            "f64" => DtypeName::F64,
            _ => DtypeName::F32,
        };
        Ok(Self { path, bytes, dtype })
    }

    /// The network in it.
    pub(crate) fn open<S: Number>(&self, machine: &MachineArgs) -> Result<Net<S>, Failure> {
        Net::from_bytes_on(machine.backend(), &self.bytes).map_err(|error| Failure::model_file(self.path, error))
    }
}

/// What the columns of a model mean. A model that was saved without that reads tables by position.
pub(crate) fn schema_of<S: Number>(net: &Net<S>) -> Schema {
    if let Some(schema) = net.schema() {
        return schema.clone();
    }
    let outputs = net.plan().outputs();
    let target = match net.output_kind() {
        OutputKind::Softmax => TargetKind::Classes((0..outputs).map(|class| class.to_string()).collect()),
        _ => TargetKind::Values((1..=outputs).map(|output| format!("y{output}")).collect()),
    };
    // The names that the reader gives to columns without one.
    let columns = (1..=net.plan().inputs()).map(|i| Column::numeric(format!("column {i}"))).collect();
    Schema { columns, target }
}
