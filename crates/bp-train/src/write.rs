//! [`write_file`]: files that are never half there.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Links that are followed before a chain of them is taken for a circle, as on Linux.
const MAX_LINKS: usize = 40;

/// Writes a whole file: to a temporary file in the same folder, which is synced and then takes the name. At every
/// moment the old file or the new one stands there, whole.
///
/// A symbolic link stays one, and what it leads to is written. A pipe or a device is written to, not replaced. A file
/// that is replaced keeps its permissions.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("answers.csv");
/// bp_train::write_file(&path, b"y\n1\n")?;
/// bp_train::write_file(&path, b"y\n2\n")?;
/// assert_eq!(std::fs::read(&path)?, b"y\n2\n");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If the system refuses; the old file, if there was one, is then as it was.
pub fn write_file(path: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
    if !is_replaceable(path.as_ref())? {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let path = linked(path.as_ref());
    let folder = folder(&path);
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The mode of an ordinary file, less the umask; of the file that is replaced, if there is one.
        let mode = fs::metadata(&path).map_or(0o666, |old| old.permissions().mode());
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut file = builder.prefix(".bp-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|e| e.error)?;
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}

/// Finds out whether [`write_file`] could write here, without writing anything to a file that is there.
///
/// ```
/// assert!(bp_train::check_writable("no/such/folder/model.bp").is_err());
/// assert_eq!(bp_train::check_writable(".").unwrap_err().to_string(), "it is a folder");
/// ```
///
/// # Errors
/// If it is a folder, has no file name, or the system refuses.
pub fn check_writable(path: impl AsRef<Path>) -> io::Result<()> {
    let path = path.as_ref();
    if path.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if path.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no file name"));
    }
    // Opening a pipe would wait for a reader.
    if is_replaceable(path)? { tempfile::tempfile_in(folder(&linked(path))).map(drop) } else { Ok(()) }
}

/// Where symbolic links lead in the end, which need not be there. Links of `/proc` to a pipe have no such path.
fn linked(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = folder(&path).join(target);
    }
    path
}

/// Whether a plain file is there, or nothing.
fn is_replaceable(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(data) => Ok(data.is_file()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_stay_links() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("models")).expect("a folder");
        symlink("models/real.bp", at("link.bp")).expect("a link");
        symlink("link.bp", at("link to link.bp")).expect("a link");
        // Twice: what the link leads to is not there at first.
        for bytes in [b"old", b"new"] {
            check_writable(at("link to link.bp")).expect("writable");
            write_file(at("link to link.bp"), bytes).expect("written");
            assert_eq!(fs::read(at("models/real.bp")).expect("the file"), bytes);
        }
        for link in ["link.bp", "link to link.bp"] {
            assert!(fs::symlink_metadata(at(link)).expect("the link").is_symlink());
        }
        symlink("circle", at("circle")).expect("a link");
        assert!(write_file(at("circle"), b"x").is_err() && check_writable(at("circle")).is_err());
        assert!(fs::symlink_metadata(at("circle")).expect("the link").is_symlink());
    }

    #[test]
    fn devices_are_written_to() {
        check_writable("/dev/null").expect("writable");
        write_file("/dev/null", b"x").expect("written");
        assert!(!fs::metadata("/dev/null").expect("the device").is_file());
    }

    #[test]
    fn permissions_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret.bp");
        fs::write(&path, b"old").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
        write_file(&path, b"new").expect("written");
        assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
    }
}
