//! One member out of a compressed archive, never more than asked for, and never to a path that the archive chose.

use std::io::{self, Read, Write};

use crate::gzip::unpacked;

const BLOCK: usize = 512;
/// The most an archive may unpack to while its member is looked for.
const MAX_UNPACKED_BYTES: u64 = 1 << 30;

/// Copies the member of this path from a tar archive, plain or gzip, to `to`.
///
/// Names in an archive are compared and nothing else: no file or folder is ever made after them, so neither `..`, nor
/// absolute paths, nor links lead anywhere. A member that is not a plain file, or is longer than `limit`, is an error.
pub(crate) fn member(archive: impl Read, path: &str, limit: u64, to: &mut impl Write) -> io::Result<()> {
    let mut tar = unpacked(archive, MAX_UNPACKED_BYTES)?;
    let mut header = [0; BLOCK];
    loop {
        tar.read_exact(&mut header)?;
        if header == [0; BLOCK] {
            return Err(invalid(format!("the archive has no `{path}`")));
        }
        check_sum(&header)?;
        let size = octal(&header[124..136])?;
        if name(&header) == path.as_bytes() {
            return match header[156] {
                b'0' | 0 if size <= limit => exactly(&mut tar, size, to),
                b'0' | 0 => Err(invalid(format!("`{path}` has {size} bytes, expected at most {limit}"))),
                _ => Err(invalid(format!("`{path}` is not a plain file in the archive"))),
            };
        }
        let padded = size.checked_next_multiple_of(BLOCK as u64).ok_or_else(|| invalid("not a tar archive".into()))?;
        exactly(&mut tar, padded, &mut io::sink())?;
    }
}

/// Unpacks a gzip file, but no more than `limit` bytes.
pub(crate) fn gunzip(file: impl Read, limit: u64, to: &mut impl Write) -> io::Result<()> {
    io::copy(&mut unpacked(file, limit)?, to).map(drop)
}

fn exactly(from: &mut impl Read, n: u64, to: &mut impl Write) -> io::Result<()> {
    match io::copy(&mut from.take(n), to)? {
        copied if copied == n => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// The path of a member, with the part that long ones keep in front.
fn name(header: &[u8; BLOCK]) -> Vec<u8> {
    let text = |range: std::ops::Range<usize>| header[range].split(|&byte| byte == 0).next().unwrap_or_default();
    match text(345..500) {
        prefix if &header[257..262] == b"ustar" && !prefix.is_empty() => [prefix, b"/", text(0..100)].concat(),
        _ => text(0..100).to_vec(),
    }
}

/// The sum of all bytes of a header, with spaces where it stands itself.
fn check_sum(header: &[u8; BLOCK]) -> io::Result<()> {
    let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
    let own: u64 = header[148..156].iter().map(|&byte| u64::from(byte)).sum();
    match octal(&header[148..156]) {
        Ok(stated) if stated == sum - own + 8 * u64::from(b' ') => Ok(()),
        _ => Err(invalid("not a tar archive".into())),
    }
}

fn octal(field: &[u8]) -> io::Result<u64> {
    let digits = field.iter().copied().skip_while(|&byte| byte == b' ').take_while(|&byte| byte != 0 && byte != b' ');
    digits
        .map(u64::from)
        .try_fold(0_u64, |number, digit| match digit.wrapping_sub(u64::from(b'0')) {
            digit @ 0..8 => number.checked_mul(8).and_then(|number| number.checked_add(digit)),
            _ => None,
        })
        .ok_or_else(|| invalid("not a tar archive".into()))
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// One member with its header, padded; `kind` is what stands for a plain file, a link and so on.
    fn entry(name: &str, kind: u8, size: u64, content: &[u8]) -> Vec<u8> {
        let mut header = [0; BLOCK];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        header[156] = kind;
        header[148..156].fill(b' ');
        let sum: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let mut entry = header.to_vec();
        entry.extend(content);
        entry.resize(entry.len().next_multiple_of(BLOCK), 0);
        entry
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    fn check(entries: &[Vec<u8>], expected: Result<&[u8], &str>) {
        let tar = [entries.concat(), vec![0; 2 * BLOCK]].concat();
        for archive in [gzip(&tar), tar] {
            let mut got = Vec::new();
            let result = member(&archive[..], "set/x.data", 5, &mut got);
            assert_eq!(result.map(|()| &got[..]).map_err(|error| error.to_string()), expected.map_err(str::to_owned));
        }
    }

    #[test]
    fn a_member_is_found_among_others_and_tricks_are_not_followed() {
        let folder = entry("set/", b'5', 0, b"");
        let other = entry("set/other", b'0', 600, &[7; 600]);
        check(&[folder.clone(), other.clone(), entry("set/x.data", b'0', 5, b"right")], Ok(b"right"));
        check(&[entry("set/x.data", 0, 0, b"")], Ok(b""));
        let outside = ["../set/x.data", "/set/x.data", "set/../set/x.data"].map(|name| entry(name, b'0', 3, b"bad"));
        check(&outside, Err("the archive has no `set/x.data`"));
        check(&[folder, other], Err("the archive has no `set/x.data`"));
        for link in [b'1', b'2', b'3', b'5', b'6'] {
            check(&[entry("set/x.data", link, 0, b"")], Err("`set/x.data` is not a plain file in the archive"));
        }
        check(&[entry("set/x.data", b'0', 6, b"longer")], Err("`set/x.data` has 6 bytes, expected at most 5"));
        check(&[vec![b'x'; BLOCK]], Err("not a tar archive"));
    }

    #[test]
    fn what_is_cut_off_or_a_bomb_is_an_error() {
        let get = |bytes: &[u8]| member(bytes, "x", 1 << 40, &mut io::sink()).unwrap_err().to_string();
        assert_eq!(get(&entry("x", b'0', 9, b"")), "unexpected end of file");
        assert_eq!(get(b"short"), "failed to fill whole buffer");
        assert_eq!(get(&entry("y", b'0', 0o77_777_777_777, b"")), "unexpected end of file");
        let bomb = gzip(&vec![0; 1 << 20]);
        assert!(bomb.len() < 2000);
        let mut got = Vec::new();
        let error = gunzip(&bomb[..], 1000, &mut got).unwrap_err();
        assert_eq!(error.to_string(), "the gzip file unpacks to more than 1000 bytes");
        assert!(got.len() <= 1000);
    }
}
