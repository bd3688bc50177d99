//! Where downloaded data sets are kept.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// The folder that holds one folder per downloaded data set, or nothing if the system names none.
///
/// It is `BP_DATA_DIR`, else `bp` in `XDG_CACHE_HOME`, else the usual place of the system: `~/.cache/bp`,
/// `~/Library/Caches/bp`, or `%LOCALAPPDATA%\bp`. Nothing is created.
///
/// ```
/// if let Some(dir) = bp_datasets::cache_dir() {
///     println!("{}", dir.join("mnist").display());
/// }
/// ```
pub fn cache_dir() -> Option<PathBuf> {
    choose(|variable| env::var_os(variable), env::consts::OS)
}

fn choose(variable: impl Fn(&str) -> Option<OsString>, system: &str) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = folder("BP_DATA_DIR") {
        return Some(dir);
    }
    // The XDG specification has relative paths ignored.
    let caches = folder("XDG_CACHE_HOME").filter(|dir| dir.has_root()).or_else(|| match system {
        "windows" => folder("LOCALAPPDATA"),
        "macos" => folder("HOME").map(|home| home.join("Library").join("Caches")),
        _ => folder("HOME").map(|home| home.join(".cache")),
    });
    caches.map(|dir| dir.join("bp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], system: &str, expected: Option<&str>) {
        let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        assert_eq!(choose(lookup, system), expected.map(PathBuf::from), "{variables:?} on {system}");
    }

    #[test]
    fn the_first_that_is_set_counts() {
        let home = ("HOME", "/u");
        check(&[("BP_DATA_DIR", "d"), ("XDG_CACHE_HOME", "/x"), home], "linux", Some("d"));
        check(&[("XDG_CACHE_HOME", "/x"), home], "linux", Some("/x/bp"));
        check(&[("BP_DATA_DIR", ""), ("XDG_CACHE_HOME", ""), home], "linux", Some("/u/.cache/bp"));
        check(&[("XDG_CACHE_HOME", "relative"), home], "linux", Some("/u/.cache/bp"));
        check(&[home], "macos", Some("/u/Library/Caches/bp"));
        check(&[("LOCALAPPDATA", "/local"), home], "windows", Some("/local/bp"));
        check(&[], "linux", None);
        check(&[home], "windows", None);
    }
}
