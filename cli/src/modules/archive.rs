//! Archives: which kind a package is, whether it is the right one, and how it is unpacked without harm.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use sha2::Digest as _;

/// Most bytes that an archive may unpack to.
const MAX_BYTES: u64 = 8 << 30;

/// Most entries of an archive.
const MAX_ENTRIES: usize = 500_000;

/// How a package is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Zip.
    Zip,
    /// Tar as it is.
    Tar,
    /// Tar, gzip.
    TarGz,
    /// Tar, bzip2.
    TarBz2,
    /// Tar, xz.
    TarXz,
}

const ENDINGS: &[(&str, Kind)] = &[
    ("zip", Kind::Zip),
    ("tar.gz", Kind::TarGz),
    ("tgz", Kind::TarGz),
    ("tar.bz2", Kind::TarBz2),
    ("tbz2", Kind::TarBz2),
    ("tar.xz", Kind::TarXz),
    ("txz", Kind::TarXz),
    ("tar", Kind::Tar),
];

impl Kind {
    /// The kind that a file name ends in.
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let ends = |ending: &str| name.strip_suffix(ending).is_some_and(|it| it.ends_with('.'));
        ENDINGS.iter().find(|(ending, _)| ends(ending)).map(|(_, kind)| *kind)
    }

    /// The kind of the query's `archive`.
    pub fn named(name: &str) -> Option<Self> {
        ENDINGS.iter().find(|(ending, _)| *ending == name).map(|(_, kind)| *kind)
    }
}

/// Checks a file against `TYPE:HEX`, or `HEX` alone.
///
/// # Errors
/// It is another file, or the checksum is none.
pub fn verify(path: &Path, checksum: &str) -> Result<(), String> {
    let (kind, wanted) = checksum.split_once(':').unwrap_or_else(|| {
        let kind = match checksum.len() {
            32 => "md5",
            40 => "sha1",
            64 => "sha256",
            128 => "sha512",
            _ => "",
        };
        (kind, checksum)
    });
    let bytes = fs::read(path).map_err(|error| format!("the download cannot be read: {error}"))?;
    let found = match kind {
        "md5" => hex(&md5::Md5::digest(&bytes)),
        "sha1" => hex(&sha1::Sha1::digest(&bytes)),
        "sha256" => hex(&sha2::Sha256::digest(&bytes)),
        "sha512" => hex(&sha2::Sha512::digest(&bytes)),
        _ => {
            return Err(format!(
                "the checksum {checksum:?} is none: write md5, sha1, sha256 or sha512, a colon and the digits"
            ));
        }
    };
    if found.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(format!("the package is not the one that the checksum means: its {kind} is {found}, not {wanted}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

/// Unpacks an archive into a folder that is made.
///
/// # Errors
/// It is no archive of its kind, it is too large, or an entry would lie or lead outside the folder.
pub fn unpack(kind: Kind, path: &Path, to: &Path) -> Result<(), String> {
    let wrong = |error: io::Error| format!("the archive cannot be unpacked: {error}");
    fs::create_dir_all(to).map_err(wrong)?;
    let file = BufReader::new(File::open(path).map_err(wrong)?);
    match kind {
        Kind::Zip => unzip(file, to),
        Kind::Tar => untar(file, to),
        Kind::TarGz => untar(flate2::read::MultiGzDecoder::new(file), to),
        Kind::TarBz2 => untar(bzip2::read::MultiBzDecoder::new(file), to),
        Kind::TarXz => untar(lzma_rust2::XzReader::new(file, true), to),
    }
    .map_err(wrong)
}

fn untar(reader: impl Read, to: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(reader.take(MAX_BYTES));
    for (count, entry) in archive.entries()?.enumerate() {
        if count >= MAX_ENTRIES {
            return Err(io::Error::other("it has too many entries"));
        }
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind.is_pax_global_extensions() || kind.is_pax_local_extensions() {
            continue;
        }
        let path = inside(&entry.path()?)?;
        if kind.is_symlink() || kind.is_hard_link() {
            let target = entry.link_name()?.unwrap_or_default().into_owned();
            let from = if kind.is_symlink() { path.parent().unwrap_or(Path::new("")) } else { Path::new("") };
            stays_inside(from, &target, &path)?;
        } else if !kind.is_file() && !kind.is_dir() && !kind.is_contiguous() {
            return Err(io::Error::other(format!("{} is neither a file nor a folder", path.display())));
        }
        entry.set_preserve_mtime(false);
        if !entry.unpack_in(to)? {
            return Err(outside(&path));
        }
    }
    Ok(())
}

fn unzip(reader: impl Read + io::Seek, to: &Path) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(reader)?;
    if archive.len() > MAX_ENTRIES {
        return Err(io::Error::other("it has too many entries"));
    }
    let mut left = MAX_BYTES;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let path = inside(Path::new(&*entry.name()?.replace('\\', "/")))?;
        let target = to.join(&path);
        if entry.is_dir() {
            fs::create_dir_all(target)?;
            continue;
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        if entry.is_symlink() {
            let mut link = String::new();
            entry.read_to_string(&mut link)?;
            stays_inside(path.parent().unwrap_or(Path::new("")), Path::new(&link), &path)?;
            symlink(&link, &target)?;
            continue;
        }
        // A link of the archive must not be written through.
        if target.symlink_metadata().is_ok_and(|it| it.is_symlink()) {
            return Err(outside(&path));
        }
        let mut file = File::create(&target)?;
        let written = io::copy(&mut (&mut entry).take(left), &mut file)?;
        left = left.saturating_sub(written);
        if left == 0 {
            return Err(io::Error::other("it unpacks to more than any module has"));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn symlink(target: &str, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(not(unix))]
fn symlink(target: &str, _at: &Path) -> io::Result<()> {
    Err(io::Error::other(format!("links such as the one to {target} cannot be made on this system")))
}

/// The path of an entry, which must lie inside the folder.
fn inside(path: &Path) -> io::Result<PathBuf> {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => clean.push(part),
            Component::CurDir => {}
            _ => return Err(outside(path)),
        }
    }
    Ok(clean)
}

/// Whether a link in the folder `from` leads to a place inside the archive.
fn stays_inside(from: &Path, target: &Path, link: &Path) -> io::Result<()> {
    let mut depth = from.components().count();
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return Err(outside(link)),
        }
    }
    Ok(())
}

fn outside(path: &Path) -> io::Error {
    io::Error::other(format!("its entry {} leads out of the archive", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn tar_of(build: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        build(&mut builder);
        builder.into_inner().unwrap()
    }

    fn file(builder: &mut tar::Builder<Vec<u8>>, name: &str, text: &str) {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
    }

    fn link(builder: &mut tar::Builder<Vec<u8>>, name: &str, target: &str) {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, name, target).unwrap();
    }

    fn unpacked(kind: Kind, bytes: &[u8]) -> Result<tempfile::TempDir, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("archive");
        fs::write(&path, bytes).unwrap();
        unpack(kind, &path, &dir.path().join("to")).map(|()| dir)
    }

    fn main_of(kind: Kind, bytes: &[u8]) -> String {
        let dir = unpacked(kind, bytes).unwrap();
        fs::read_to_string(dir.path().join("to/m/main.tf")).unwrap()
    }

    #[test]
    fn every_kind() {
        let tar = tar_of(|it| file(it, "m/main.tf", "text"));
        assert_eq!(main_of(Kind::Tar, &tar), "text");
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gz.write_all(&tar).unwrap();
        assert_eq!(main_of(Kind::TarGz, &gz.finish().unwrap()), "text");
        let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        bz.write_all(&tar).unwrap();
        assert_eq!(main_of(Kind::TarBz2, &bz.finish().unwrap()), "text");
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        zip.start_file("m/main.tf", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"text").unwrap();
        assert_eq!(main_of(Kind::Zip, zip.finish().unwrap().get_ref()), "text");
        assert!(unpacked(Kind::Zip, b"no archive").unwrap_err().contains("cannot be unpacked"));
    }

    #[test]
    fn nothing_leaves_the_folder() {
        for tar in [
            tar_of(|it| file(it, "../out", "text")),
            tar_of(|it| file(it, "/out", "text")),
            tar_of(|it| link(it, "m", "/etc")),
            tar_of(|it| link(it, "a/m", "../../x")),
        ] {
            assert!(unpacked(Kind::Tar, &tar).unwrap_err().contains("leads out of the archive"));
        }
        let tar = tar_of(|it| {
            file(it, "m/main.tf", "text");
            link(it, "a/link", "../m/main.tf");
        });
        let dir = unpacked(Kind::Tar, &tar).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("to/a/link")).unwrap(), "text");
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        zip.start_file("../out", zip::write::SimpleFileOptions::default()).unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        assert!(unpacked(Kind::Zip, &bytes).unwrap_err().contains("leads out of the archive"));
    }

    #[test]
    fn kinds_and_checksums() {
        assert_eq!(Kind::of("https://a.b/c.tar.gz"), Some(Kind::TarGz));
        assert_eq!(Kind::of("https://a.b/zip"), None);
        assert_eq!(Kind::named("tbz2"), Some(Kind::TarBz2));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "abc").unwrap();
        assert_eq!(verify(&path, "md5:900150983cd24fb0d6963f7d28e17f72"), Ok(()));
        assert_eq!(verify(&path, "A9993E364706816ABA3E25717850C26C9CD0D89D"), Ok(()));
        assert!(verify(&path, "sha256:00").unwrap_err().contains("ba7816bf"));
        assert!(verify(&path, "file:x").unwrap_err().contains("is none"));
    }
}
