//! IDX, the format of MNIST: a magic number with the rank, the dimensions, then bytes.
//!
//! The header is never trusted: the product of the dimensions is computed in 128 bits and capped, memory grows
//! with what really arrives, and of a gzip file at most one byte more than the header declares is unpacked.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::error::{DatasetError, open};
use crate::gzip::unpacked;

/// The most data an IDX file may declare: 4 GiB.
pub const MAX_IDX_BYTES: u64 = 1 << 32;
const MAX_RANK: u8 = 8;
const UNSIGNED_BYTE: u8 = 0x08;

/// An array of bytes with dimensions, the first of which counts the examples.
///
/// ```
/// use bp_datasets::{Idx, read_idx};
/// let labels = Idx::new(vec![3], vec![7, 0, 9])?;
/// let mut file = Vec::new();
/// labels.write(&mut file)?;
/// assert_eq!(file, [0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9]);
/// assert_eq!(read_idx(&file[..])?, labels);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idx {
    dims: Vec<u32>,
    data: Vec<u8>,
}

/// Why bytes are not an [`Idx`] file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdxError {
    /// The bytes could not be had, or unpacked.
    #[error("cannot read: {0}")]
    Io(io::Error),
    /// Nothing there.
    #[error("the file is empty")]
    Empty,
    /// It ends inside the magic number or the dimensions.
    #[error("truncated: expected an idx header of {expected} bytes, got {got}")]
    Header {
        /// The length of the header.
        expected: u64,
        /// How many bytes there are.
        got: u64,
    },
    /// Another kind of file.
    #[error("bad magic number 0x{got:08x}: an idx file of bytes starts with 0x000008 and its number of dimensions")]
    Magic {
        /// The first four bytes, big-endian.
        got: u32,
    },
    /// An IDX file of larger numbers.
    #[error("idx elements of type 0x{code:02x} are not supported, only 0x08, unsigned bytes")]
    ElementType {
        /// The third byte.
        code: u8,
    },
    /// No dimension, or too many.
    #[error("an idx file needs 1 to 8 dimensions, got {rank}")]
    Rank {
        /// How many.
        rank: usize,
    },
    /// The dimensions declare too much.
    #[error("the idx header declares {declared} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The product of the dimensions.
        declared: u128,
        /// [`MAX_IDX_BYTES`].
        limit: u64,
    },
    /// The data ends early.
    #[error("truncated: expected {expected} bytes of data, got {got}")]
    Truncated {
        /// The product of the dimensions.
        expected: u64,
        /// How many bytes there are.
        got: u64,
    },
    /// The data goes on. Reading stops at the first byte too many.
    #[error("too long: expected {expected} bytes of data, got {got} or more")]
    TooLong {
        /// The product of the dimensions.
        expected: u64,
        /// How many bytes were read.
        got: u64,
    },
}

/// Reads an IDX file of unsigned bytes, plain or gzip, recognised by its content.
///
/// # Errors
/// If it is anything else, or its length is not exactly what its header declares.
pub fn read_idx(reader: impl Read) -> Result<Idx, IdxError> {
    let mut reader = unpacked(reader, MAX_IDX_BYTES + 4 + 4 * u64::from(MAX_RANK) + 1).map_err(IdxError::Io)?;
    let dims = read_dims(&mut reader)?;
    let expected = size(&dims)?;

    let mut data = Vec::new();
    let result = reader.take(expected + 1).read_to_end(&mut data);
    let got = data.len() as u64;
    match result {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(IdxError::Io(error)),
        // A gzip file that ends early, or one whose trailer is cut off behind complete data.
        Err(error) if got >= expected => Err(IdxError::Io(error)),
        _ if got < expected => Err(IdxError::Truncated { expected, got }),
        _ if got > expected => Err(IdxError::TooLong { expected, got }),
        _ => Ok(Idx { dims, data }),
    }
}

/// Reads the header: the dimensions of an array of bytes.
pub(crate) fn read_dims(reader: &mut impl Read) -> Result<Vec<u32>, IdxError> {
    let magic = read_header(&mut *reader, 0, 4)?;
    let [0, 0, code, rank] = magic[..] else { return Err(IdxError::Magic { got: big_endian(&magic) }) };
    if code != UNSIGNED_BYTE {
        return Err(match code {
            0x09 | 0x0b..=0x0e => IdxError::ElementType { code },
            _ => IdxError::Magic { got: big_endian(&magic) },
        });
    }
    if !(1..=MAX_RANK).contains(&rank) {
        return Err(IdxError::Rank { rank: rank.into() });
    }
    Ok(read_header(reader, 4, u64::from(rank) * 4)?.chunks(4).map(big_endian).collect())
}

/// Reads an IDX file by its path. See [`read_idx`].
///
/// # Errors
/// As [`read_idx`], with the path; and if the file does not exist.
pub fn read_idx_file(path: impl AsRef<Path>) -> Result<Idx, DatasetError> {
    let path = path.as_ref();
    read_idx(open(path)?).map_err(|error| DatasetError::Idx { path: path.into(), error })
}

impl Idx {
    /// An array of these dimensions.
    ///
    /// # Errors
    /// If there are no dimensions, more than 8, or their product is not the length of `data`.
    pub fn new(dims: Vec<u32>, data: Vec<u8>) -> Result<Self, IdxError> {
        if dims.is_empty() || dims.len() > MAX_RANK.into() {
            return Err(IdxError::Rank { rank: dims.len() });
        }
        let (expected, got) = (size(&dims)?, data.len() as u64);
        match got {
            _ if got < expected => Err(IdxError::Truncated { expected, got }),
            _ if got > expected => Err(IdxError::TooLong { expected, got }),
            _ => Ok(Self { dims, data }),
        }
    }

    /// Writes the array as an IDX file, not compressed.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, mut writer: impl Write) -> io::Result<()> {
        writer.write_all(&[0, 0, UNSIGNED_BYTE, self.dims.len() as u8])?;
        for dim in &self.dims {
            writer.write_all(&dim.to_be_bytes())?;
        }
        writer.write_all(&self.data)
    }

    /// The dimensions.
    pub fn dims(&self) -> &[u32] {
        &self.dims
    }

    /// The bytes, the last dimension running fastest.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

fn size(dims: &[u32]) -> Result<u64, IdxError> {
    // Eight 32-bit factors can exceed even 128 bits.
    let declared = dims.iter().try_fold(1_u128, |size, &dim| size.checked_mul(dim.into())).unwrap_or(u128::MAX);
    match u64::try_from(declared) {
        // A zero anywhere makes the whole zero, whatever overflowed before it.
        _ if dims.contains(&0) => Ok(0),
        Ok(size) if size <= MAX_IDX_BYTES => Ok(size),
        _ => Err(IdxError::TooLarge { declared, limit: MAX_IDX_BYTES }),
    }
}

fn read_header(reader: impl Read, before: u64, n: u64) -> Result<Vec<u8>, IdxError> {
    let mut bytes = Vec::new();
    let result = reader.take(n).read_to_end(&mut bytes);
    match (result, bytes.len() as u64) {
        (_, got) if got == n => Ok(bytes),
        (Err(error), _) if error.kind() != io::ErrorKind::UnexpectedEof => Err(IdxError::Io(error)),
        (Ok(_), 0) if before == 0 => Err(IdxError::Empty),
        (_, got) => Err(IdxError::Header { expected: before + n, got: before + got }),
    }
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte))
}
