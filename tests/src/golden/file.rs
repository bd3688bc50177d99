//! The files as data. Every key is known by name: a key that is not in these structs is an error, and so is a number
//! that is no finite `f64`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// Nested lists of numbers, flattened row by row; a single number is a list of one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Array(pub Vec<f64>);

impl TryFrom<Value> for Array {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        fn collect(value: &Value, into: &mut Vec<f64>) -> Result<(), String> {
            match value {
                Value::Array(values) => values.iter().try_for_each(|value| collect(value, into)),
                value => match value.as_f64() {
                    Some(x) if x.is_finite() => {
                        into.push(x);
                        Ok(())
                    }
                    _ => Err(format!("{value} is no finite number")),
                },
            }
        }
        let mut flat = vec![];
        collect(&value, &mut flat)?;
        Ok(Self(flat))
    }
}

/// Arrays by the name of a node or of a parameter.
pub(super) type ByName = BTreeMap<String, Array>;

/// A golden file.
#[derive(Debug)]
pub enum File {
    /// `net_*.json`.
    Net(Box<Net>),
    /// `external_*.json`.
    External(Box<External>),
    /// `optim_*.json`.
    Optim(Box<Optim>),
    /// `schedule_*.json`.
    Schedule(Box<Schedule>),
}

/// One layer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    pub name: String,
    pub width: usize,
    pub activation: String,
    pub bias: bool,
    pub from: Vec<From>,
}

/// One incoming link.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    pub node: String,
    pub kind: String,
}

/// A direction, and the Hessian times it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hvp {
    pub v: ByName,
    pub hv: ByName,
}

/// The Gauss–Newton matrix times the direction of [`Hvp`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussNewton {
    pub gv: ByName,
}

/// A network file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Net {
    pub name: String,
    pub input: usize,
    pub nodes: Vec<Node>,
    pub loss: String,
    pub params: ByName,
    pub x: Vec<Array>,
    pub t: Vec<Array>,
    pub activations_a: ByName,
    pub units_z: ByName,
    pub deltas: ByName,
    pub y: Array,
    pub error: f64,
    pub gradient: ByName,
    pub jacobian_x: Option<Vec<Array>>,
    pub hvp: Option<Hvp>,
    pub gauss_newton_vp: Option<GaussNewton>,
    pub param_order: Option<Vec<String>>,
    pub hessian: Option<Array>,
}

/// A worked example by others: the keys of [`Net`] and its own.
#[derive(Debug)]
pub struct External {
    pub net: Net,
    pub own: ExternalKeys,
}

/// What an external file has beyond a network file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalKeys {
    pub source: String,
    pub stated: Stated,
    pub stated_tolerance: f64,
    pub note: Option<String>,
    pub learning_rate: Option<f64>,
    pub l2: Option<f64>,
    pub updated: Option<String>,
    pub after_one_step: Option<ByName>,
    pub y_after_one_step: Option<Array>,
    pub error_after_one_step: Option<f64>,
}

/// Numbers printed by a source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    pub units_z: Option<ByName>,
    pub activations_a: Option<ByName>,
    pub deltas: Option<ByName>,
    pub y: Option<Array>,
    pub error: Option<f64>,
    pub gradient: Option<ByName>,
    pub after_one_step: Option<ByName>,
    pub y_after_one_step: Option<Array>,
    pub error_after_one_step: Option<f64>,
}

/// An optimiser file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optim {
    pub name: String,
    pub optimizer: String,
    pub hyper: BTreeMap<String, Value>,
    pub input: usize,
    pub nodes: Vec<Node>,
    pub loss: String,
    pub error_reduction: String,
    pub steps: usize,
    pub params: ByName,
    pub x: Vec<Array>,
    pub t: Vec<Array>,
    pub gradient: ByName,
    pub errors: Vec<f64>,
    pub after: Option<BTreeMap<usize, ByName>>,
}

/// A schedule file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    pub name: String,
    pub schedule: String,
    pub base_lr: Option<f64>,
    pub hyper: BTreeMap<String, Value>,
    pub lr: Array,
    pub momentum: Option<Array>,
}

/// Reads one file; `name` decides its kind.
///
/// # Errors
/// A name of no known kind, a key that is not known, a key that is missing, a value of another type.
pub fn read_file(name: &str, text: &str) -> Result<File, String> {
    let say = |e: serde_json::Error| e.to_string();
    match name.split('_').next() {
        Some("net") => Ok(File::Net(serde_json::from_str(text).map_err(say)?)),
        Some("optim") => Ok(File::Optim(serde_json::from_str(text).map_err(say)?)),
        Some("schedule") => Ok(File::Schedule(serde_json::from_str(text).map_err(say)?)),
        Some("external") => {
            // Two strict structs share the keys: what one of them knows is not shown to the other.
            const OWN: [&str; 10] = [
                "source",
                "stated",
                "stated_tolerance",
                "note",
                "learning_rate",
                "l2",
                "updated",
                "after_one_step",
                "y_after_one_step",
                "error_after_one_step",
            ];
            let all: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(say)?;
            let (own, net) = all.into_iter().partition(|(key, _)| OWN.contains(&key.as_str()));
            let net = serde_json::from_value(Value::Object(net)).map_err(say)?;
            let own = serde_json::from_value(Value::Object(own)).map_err(say)?;
            Ok(File::External(Box::new(External { net, own })))
        }
        _ => Err("a file of no known kind, expected net_, optim_, schedule_ or external_".into()),
    }
}

/// Every `*.json` of a folder, by name.
///
/// # Errors
/// A file that cannot be read, or no file at all.
pub fn read_folder(folder: &Path) -> Result<Vec<(String, File)>, String> {
    let say = |e: &dyn std::fmt::Display| format!("{}: {e}", folder.display());
    let mut paths = vec![];
    for entry in fs::read_dir(folder).map_err(|e| say(&e))? {
        let path = entry.map_err(|e| say(&e))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(format!("{}: no *.json in it", folder.display()));
    }
    let read = |path: &std::path::PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).map_err(|e| format!("{name}: {e}"))?;
        let file = read_file(&name, &text).map_err(|e| format!("{name}: {e}"))?;
        Ok((name, file))
    };
    paths.iter().map(read).collect()
}
