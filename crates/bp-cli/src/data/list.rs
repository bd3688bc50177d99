//! What is known by name, in one list and one by one.

use std::fmt::Write;

use bp_datasets::{Manifest, ManifestDataset, cache_dir, names};

use crate::output::hanging;

/// The data sets that are known by name.
pub(crate) fn list() -> String {
    let mut text = String::from("Data sets known by name:\n");
    for set in names() {
        let is_here = Manifest::built_in().get(set.name).is_some_and(is_here);
        let about = match set.about.strip_suffix("to be fetched").filter(|_| is_here) {
            Some(about) => format!("{about}here"),
            None => set.about.to_owned(),
        };
        let mut line = format!("  {:<18} {about}", set.name);
        if Manifest::built_in().get(set.name).is_some_and(|set| set.files.iter().any(|file| file.sha256.is_none())) {
            line += ", no checksum is published";
        }
        let _ = writeln!(text, "{}", hanging(&line, 21));
    }
    text + "\nAnything else is the path of a table. `bp data fetch NAME` gets what is to be\nfetched, `bp data list NAME` \
            tells all about one.\n"
}

/// All about one: `set` has its files, if it has any.
pub(super) fn about(name: &str, set: Option<&ManifestDataset>) -> String {
    let about = names().iter().find(|known| known.name == name).map_or("", |known| known.about);
    let mut text = format!("{name}: {about}\n");
    let Some(set) = set else { return text };
    if let Some(table) = &set.table {
        let of = |name: &String| *name != table.target && !table.skip.contains(name);
        let inputs: Vec<&str> = table.columns.iter().filter(|name| of(name)).map(String::as_str).collect();
        let _ = writeln!(text, "inputs    {}\ntarget    {}", inputs.join(", "), table.target);
        if !table.skip.is_empty() {
            let _ = writeln!(text, "left out  {}", table.skip.join(", "));
        }
    } else {
        let _ = writeln!(text, "classes   {}", set.classes.join(", "));
    }
    let _ = writeln!(text, "licence   {}\ncite      {}", set.license, set.citation);
    for file in &set.files {
        let _ = match &file.sha256 {
            Some(sha256) => writeln!(text, "file      {}, {} bytes, sha-256 {sha256}", file.name, file.bytes),
            None => writeln!(
                text,
                "file      {}, at most {} bytes; no checksum is published, so rows and columns are checked",
                file.name, file.bytes
            ),
        };
        if let Some(archive) = &file.archive {
            let (name, bytes, sha256) = (&archive.name, archive.bytes, &archive.sha256);
            let _ = writeln!(text, "  in      {name}, {bytes} bytes, sha-256 {sha256}");
        }
        file.urls.iter().for_each(|url| text += &format!("  from    {url}\n"));
    }
    text
}

/// Whether its files are in the data folder, by their names.
fn is_here(set: &ManifestDataset) -> bool {
    cache_dir().is_some_and(|dir| set.files.iter().all(|file| dir.join(&set.name).join(&file.name).is_file()))
}
