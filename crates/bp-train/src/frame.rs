//! The container of every file that is written here: a small header and raw sections, all checked on reading.
//!
//! ```text
//! magic (8) · version u16 · header length u32 · header (bincode) · header CRC-32 u32 · sections · end mark (8)
//! ```
//! Numbers are little-endian. The header lists each section's name, element type, shape and CRC-32; sections follow
//! in that order without gaps. Nothing may be missing, doubled or left over. The header is the only part that
//! bincode touches; this module is the only one that touches bincode.

use bincode::error::DecodeError;
use bp_core::Float;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Not text, and broken by anything that rewrites line ends.
const MAGIC: [u8; 8] = [0x8B, b'b', b'p', b'f', b'\r', b'\n', 0x1A, b'\n'];
const END: [u8; 8] = *b"\nbp end\n";
/// Version of the layout above and of the header's types.
pub(crate) const VERSION: u16 = 1;
/// Largest header, also the limit of what decoding one may allocate.
const MAX_HEADER: usize = 1 << 20;
/// The same for a schema: 65,536 columns with names of 255 bytes take a quarter of it.
pub(crate) const MAX_SCHEMA: usize = 1 << 26;
/// The same for the history of a training: 16 million epochs.
#[cfg(feature = "train")]
pub(crate) const MAX_HISTORY: usize = 1 << 28;
const MAX_RANK: usize = 8;
const MAX_NAME: usize = 255;
/// Bytes before the header.
const PREFIX: usize = MAGIC.len() + 2 + 4;

/// A file that cannot be read. Each variant says what was found and what was expected.
///
/// ```
/// use bp_core::Reference;
/// let error = bp_train::Network::<Reference>::from_bytes(b"PK\x03\x04, a zip file").unwrap_err();
/// assert_eq!(error.to_string(), "not a bp file: it does not start with the bp mark");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Another kind of file.
    #[error("not a bp file: it does not start with the bp mark")]
    NotBp,
    /// A newer, or an abandoned, layout.
    #[error("file version {got}, but this program reads version {expected}")]
    Version {
        /// The file's version.
        got: u16,
        /// Ours.
        expected: u16,
    },
    /// A file that ends too early.
    #[error("file cut short: {part} needs {expected} bytes, {got} are left")]
    CutShort {
        /// Where it ends.
        part: String,
        /// Bytes that should be there.
        expected: u64,
        /// Bytes that are.
        got: u64,
    },
    /// Bytes behind the end.
    #[error("{extra} bytes after the end of the file's content, expected none")]
    TrailingBytes {
        /// How many.
        extra: usize,
    },
    /// A checksum that does not match.
    #[error("{part} is damaged: checksum {got:08x}, expected {expected:08x}")]
    Checksum {
        /// Header, or a section's name.
        part: String,
        /// As computed.
        got: u32,
        /// As stored.
        expected: u32,
    },
    /// Content that is whole but means nothing.
    #[error("{part} is not valid: {why}")]
    Invalid {
        /// Header, or a section's name.
        part: String,
        /// What is wrong with it.
        why: String,
    },
    /// Numbers of another type than asked for.
    #[error("the file holds {got} numbers, but {expected} was asked for")]
    Dtype {
        /// In the file.
        got: &'static str,
        /// Asked for.
        expected: &'static str,
    },
}

/// Element type of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Dtype {
    U8,
    U32,
    F32,
    F64,
}

impl Dtype {
    fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U32 => "u32",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Header<T> {
    meta: T,
    sections: Vec<SectionInfo>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SectionInfo {
    name: String,
    dtype: Dtype,
    shape: Vec<u64>,
    crc: u32,
}

/// Collects sections and writes a file's bytes.
#[derive(Default)]
pub(crate) struct Writer {
    infos: Vec<SectionInfo>,
    body: Vec<u8>,
}

impl Writer {
    /// Adds a section of little-endian elements.
    pub(crate) fn section(&mut self, name: &str, dtype: Dtype, shape: &[usize], bytes: &[u8]) {
        debug_assert_eq!(bytes.len(), shape.iter().product::<usize>() * dtype.size());
        let shape = shape.iter().map(|&n| n as u64).collect();
        self.infos.push(SectionInfo { name: name.into(), dtype, shape, crc: crc32fast::hash(bytes) });
        self.body.extend_from_slice(bytes);
    }

    /// Adds a section of numbers.
    pub(crate) fn floats(&mut self, name: &str, values: &[f64]) {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.section(name, Dtype::F64, &[values.len()], &bytes);
    }

    /// The whole file.
    pub(crate) fn finish<T: Serialize>(self, meta: T) -> Result<Vec<u8>, FileError> {
        let header = encode::<_, MAX_HEADER>(&Header { meta, sections: self.infos }, "header")?;
        let mut file = Vec::with_capacity(PREFIX + header.len() + 4 + self.body.len() + END.len());
        file.extend_from_slice(&MAGIC);
        file.extend_from_slice(&VERSION.to_le_bytes());
        file.extend_from_slice(&(header.len() as u32).to_le_bytes());
        file.extend_from_slice(&header);
        file.extend_from_slice(&crc32fast::hash(&header).to_le_bytes());
        file.extend_from_slice(&self.body);
        file.extend_from_slice(&END);
        Ok(file)
    }
}

/// A checked file: its header's content and its sections by name.
pub(crate) struct Reader<'a, T> {
    pub(crate) meta: T,
    sections: Vec<(SectionInfo, &'a [u8])>,
}

impl<'a, T: DeserializeOwned> Reader<'a, T> {
    /// Reads a file's bytes; allocates no more than the header's limit.
    pub(crate) fn new(file: &'a [u8]) -> Result<Self, FileError> {
        let mut rest = file;
        if take(&mut rest, "mark", MAGIC.len() as u64).ok() != Some(&MAGIC) {
            return Err(FileError::NotBp);
        }
        let version = u16::from_le_bytes(array(take(&mut rest, "version", 2)?));
        if version != VERSION {
            return Err(FileError::Version { got: version, expected: VERSION });
        }
        let length = u32::from_le_bytes(array(take(&mut rest, "header length", 4)?));
        check_length("header", length as usize, MAX_HEADER)?;
        let header = take(&mut rest, "header", u64::from(length))?;
        let crc = u32::from_le_bytes(array(take(&mut rest, "header checksum", 4)?));
        check_crc("header", header, crc)?;
        let Header { meta, sections: infos } = decode::<_, MAX_HEADER>(header, "header")?;
        let mut sections: Vec<(SectionInfo, &[u8])> = vec![];
        for info in infos {
            let info: SectionInfo = info;
            if info.name.len() > MAX_NAME || sections.iter().any(|(other, _)| other.name == info.name) {
                let why = format!("section name {:.40} is too long or occurs twice", info.name);
                return Err(FileError::Invalid { part: "header".into(), why });
            }
            let bytes = take(&mut rest, &info.name, byte_length(&info)?)?;
            check_crc(&info.name, bytes, info.crc)?;
            sections.push((info, bytes));
        }
        if take(&mut rest, "end mark", END.len() as u64)? != END {
            return Err(FileError::Invalid { part: "end mark".into(), why: "other bytes stand there".into() });
        }
        match rest.len() {
            0 => Ok(Self { meta, sections }),
            extra => Err(FileError::TrailingBytes { extra }),
        }
    }

    /// The element type of a section.
    pub(crate) fn dtype(&self, name: &str) -> Option<Dtype> {
        self.sections.iter().find(|(info, _)| info.name == name).map(|(info, _)| info.dtype)
    }

    /// A section's bytes, if there is one of this type.
    pub(crate) fn bytes(&self, name: &str, dtype: Dtype) -> Option<&'a [u8]> {
        self.sections.iter().find(|(info, _)| info.name == name && info.dtype == dtype).map(|(_, bytes)| *bytes)
    }

    /// A section of `f64`, if there is one.
    pub(crate) fn floats(&self, name: &str) -> Option<Vec<f64>> {
        self.bytes(name, Dtype::F64).map(|bytes| bytes.chunks_exact(8).map(|b| f64::from_le_bytes(array(b))).collect())
    }

    /// Names of all sections.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.sections.iter().map(|(info, _)| info.name.as_str())
    }
}

/// Numbers as a section holds them.
pub(crate) fn float_bytes<S: Float>(values: &[S]) -> (Dtype, Vec<u8>) {
    match S::NAME {
        "f32" => (Dtype::F32, values.iter().flat_map(|x| (x.to_f64() as f32).to_le_bytes()).collect()),
        _ => (Dtype::F64, values.iter().flat_map(|x| x.to_f64().to_le_bytes()).collect()),
    }
}

/// The numbers of a section, which has to be there and hold numbers of type `S`.
pub(crate) fn read_floats<S: Float, T: DeserializeOwned>(
    file: &Reader<'_, T>,
    name: &str,
) -> Result<Vec<S>, FileError> {
    let missing = || FileError::Invalid { part: "header".into(), why: format!("section {name} is missing") };
    let dtype = file.dtype(name).ok_or_else(missing)?;
    if dtype.name() != S::NAME {
        return Err(FileError::Dtype { got: dtype.name(), expected: S::NAME });
    }
    let bytes = file.bytes(name, dtype).ok_or_else(missing)?;
    Ok(match dtype {
        Dtype::F32 => bytes.chunks_exact(4).map(|b| S::from_f64(f32::from_le_bytes(array(b)).into())).collect(),
        _ => bytes.chunks_exact(8).map(|b| S::from_f64(f64::from_le_bytes(array(b)))).collect(),
    })
}

/// The first bytes as an array; the caller has made sure that there are enough.
pub(crate) fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[..N]);
    out
}

/// Serde data as bytes, no more of them than [`decode`] takes with the same limit.
pub(crate) fn encode<T: Serialize, const LIMIT: usize>(value: &T, part: &str) -> Result<Vec<u8>, FileError> {
    let config = bincode::config::standard().with_little_endian().with_fixed_int_encoding();
    let bytes = bincode::serde::encode_to_vec(value, config).expect("our plain types can always be encoded");
    check_length(part, bytes.len(), LIMIT)?;
    Ok(bytes)
}

/// Serde data from bytes: all of them, and never more memory than a limit. The limit counts what is read, which for
/// our types is the length of the bytes.
pub(crate) fn decode<T: DeserializeOwned, const LIMIT: usize>(bytes: &[u8], part: &str) -> Result<T, FileError> {
    check_length(part, bytes.len(), LIMIT)?;
    let config = bincode::config::standard().with_little_endian().with_fixed_int_encoding().with_limit::<LIMIT>();
    let invalid = |why: String| FileError::Invalid { part: part.into(), why };
    let (value, used) = bincode::serde::decode_from_slice(bytes, config).map_err(|e| invalid(in_words(&e).into()))?;
    match used == bytes.len() {
        true => Ok(value),
        false => Err(invalid(format!("{used} of {} bytes used", bytes.len()))),
    }
}

fn check_length(part: &str, length: usize, limit: usize) -> Result<(), FileError> {
    if length <= limit {
        return Ok(());
    }
    Err(FileError::Invalid { part: part.into(), why: format!("{length} bytes, expected at most {limit}") })
}

/// What bincode means; its own words are for those who know it.
fn in_words(error: &DecodeError) -> &'static str {
    match error {
        DecodeError::UnexpectedEnd { .. } => "it ends inside a value",
        DecodeError::LimitExceeded | DecodeError::OutsideUsizeRange(_) => "a length in it is beyond its end",
        DecodeError::Utf8 { .. } => "a text in it is not utf-8",
        _ => "it holds a value that this program does not know",
    }
}

fn byte_length(info: &SectionInfo) -> Result<u64, FileError> {
    let product = info.shape.iter().try_fold(info.dtype.size() as u64, |n, &dim| n.checked_mul(dim));
    product.filter(|_| info.shape.len() <= MAX_RANK).ok_or_else(|| FileError::Invalid {
        part: info.name.clone(),
        why: format!("shape {:?} is not possible", info.shape),
    })
}

fn take<'a>(rest: &mut &'a [u8], part: &str, n: u64) -> Result<&'a [u8], FileError> {
    match usize::try_from(n).ok().and_then(|n| rest.split_at_checked(n)) {
        Some((taken, left)) => {
            *rest = left;
            Ok(taken)
        }
        None => Err(FileError::CutShort { part: part.into(), expected: n, got: rest.len() as u64 }),
    }
}

fn check_crc(part: &str, bytes: &[u8], expected: u32) -> Result<(), FileError> {
    let got = crc32fast::hash(bytes);
    if got == expected { Ok(()) } else { Err(FileError::Checksum { part: part.into(), got, expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, its length first, where something is not right.
    #[test]
    fn messages_are_in_plain_words() {
        let check = |bytes: &[u8], why: &str| {
            let error = decode::<String, 64>(bytes, "names").expect_err(why).to_string();
            assert_eq!(error, format!("names is not valid: {why}"));
        };
        let text = |length: u64, bytes: &[u8]| [&length.to_le_bytes()[..], bytes].concat();
        check(&text(2, b"a"), "it ends inside a value");
        check(&text(1 << 40, b"a"), "a length in it is beyond its end");
        check(&text(2, &[0xFF, 0xFE]), "a text in it is not utf-8");
        check(&text(1, b"ab"), "9 of 10 bytes used");
        check(&[0; 65], "65 bytes, expected at most 64");
        let error = decode::<Dtype, 64>(&[9, 0, 0, 0], "header").expect_err("there are four").to_string();
        assert_eq!(error, "header is not valid: it holds a value that this program does not know");
        assert_eq!(
            decode::<String, 64>(&encode::<_, 64>(&"héllo", "names").expect("short"), "names"),
            Ok("héllo".into())
        );
    }
}
