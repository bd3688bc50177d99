//! Gzip, recognised by its first two bytes and never unpacked further than a limit.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::GzDecoder;

/// The content of `reader`, unpacked if it is gzip, in which case more than `limit` bytes, or anything behind the
/// first member, is an error.
pub(crate) fn unpacked<'a>(mut reader: impl Read + 'a, limit: u64) -> io::Result<Box<dyn Read + 'a>> {
    let mut start = Vec::with_capacity(2);
    reader.by_ref().take(2).read_to_end(&mut start)?;
    let is_gzip = start == [0x1f, 0x8b];
    let whole = Cursor::new(start).chain(reader);
    if is_gzip {
        Ok(Box::new(Member { decoder: GzDecoder::new(BufReader::new(whole)), left: limit, limit }))
    } else {
        Ok(Box::new(whole))
    }
}

/// The one member of a gzip file.
struct Member<R> {
    decoder: GzDecoder<R>,
    left: u64,
    limit: u64,
}

impl<R: BufRead> Read for Member<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let n = self.decoder.read(buffer)?;
        if n == 0 && !self.decoder.get_mut().fill_buf()?.is_empty() {
            return Err(invalid("the gzip file goes on after its first member".into()));
        }
        self.left = match self.left.checked_sub(n as u64) {
            Some(left) => left,
            None => return Err(invalid(format!("the gzip file unpacks to more than {} bytes", self.limit))),
        };
        Ok(n)
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
