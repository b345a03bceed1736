//! Installing from servers of this machine: a registry, archives, a page that points elsewhere, a bucket.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use plumb_engine::config::{Disk, Installed, Manifest, load_with};

use super::http::Http;
use super::install::Installer;
use super::package::Fetcher;
use super::registry::Registries;
use super::s3::EnvironmentAndProfiles;
use super::settings::Settings;

type Headers = BTreeMap<String, String>;

/// Status, headers and body of an answer.
type Reply = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// A server that answers every request with what `answer` says of its path and headers.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(&str, &Headers) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_owned();
                let headers = lines.take_while(|it| !it.is_empty()).filter_map(|it| {
                    let (name, value) = it.split_once(": ")?;
                    Some((name.to_lowercase(), value.to_owned()))
                });
                let (status, headers, body) = answer(&path, &headers.collect());
                log.lock().unwrap().push(path);
                let mut text = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
                if status != 204 {
                    text.push_str(&format!("Content-Length: {}\r\n", body.len()));
                }
                for (name, value) in headers {
                    text.push_str(&format!("{name}: {value}\r\n"));
                }
                stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
                stream.write_all(&body).unwrap();
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn tar_gz(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// A working directory that modules are installed into.
struct Work {
    dir: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

/// What an installation said, the modules by key, and the summaries and details of errors.
struct Outcome {
    said: String,
    manifest: Manifest,
    errors: Vec<String>,
}

impl Work {
    fn new(main: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("main.tf"), main).unwrap();
        Self { dir, environment: BTreeMap::new() }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn install(&self, old: Manifest, upgrade: bool) -> Outcome {
        let (http, settings) = (Http::new(), Settings::read(&self.environment).unwrap());
        let keys = EnvironmentAndProfiles(&self.environment);
        let said = RefCell::new(String::new());
        let root = self.path().display().to_string();
        let say = |text: &str| said.borrow_mut().push_str(&text.replace(&root, "<dir>"));
        let mut installer = Installer {
            old,
            new: Manifest::default(),
            dir: self.path().join("modules"),
            upgrade,
            registries: Registries::new(&http, &settings),
            fetcher: Fetcher { http: &http, keys: &keys },
            say: &say,
            header: "",
            fetched: BTreeMap::new(),
        };
        let (_, found) = load_with(&Disk, self.path(), &mut installer);
        let manifest = installer.new;
        let errors = found.iter().map(|it| format!("{}: {}", it.summary, it.detail)).collect();
        Outcome { said: said.into_inner(), manifest, errors }
    }
}

fn registry() -> Server {
    Server::start(|path, headers| {
        let json = |text: &str| (200, vec![("Content-Type", "application/json".into())], text.as_bytes().to_vec());
        let host = &headers["host"];
        match path {
            "/.well-known/terraform.json" => json(r#"{"modules.v1":"/m/"}"#),
            "/m/a/net/aws/versions" => json(
                r#"{"modules":[{"versions":[{"version":"1.0.0"},{"version":"1.4.2"},{"version":"1.5.0-rc1"},{"version":"2.0.0"}]}]}"#,
            ),
            "/m/a/net/aws/1.4.2/download" => {
                (204, vec![("X-Terraform-Get", "/files/net.tar.gz//*".into())], Vec::new())
            }
            "/m/a/net/aws/2.0.0/download" => json(&format!(r#"{{"location":"http://{host}/files/net.tar.gz//top"}}"#)),
            "/files/net.tar.gz" => {
                let files = [
                    ("top/main.tf", "module \"inner\" {\n  source = \"./inner\"\n}\n"),
                    ("top/inner/main.tf", "output \"x\" {\n  value = 1\n}\n"),
                ];
                (200, Vec::new(), tar_gz(&files))
            }
            "/m/a/secret/aws/versions" => match headers.get("authorization").map(String::as_str) {
                Some("Bearer t0k") => json(r#"{"modules":[{"versions":[{"version":"0.1.0"}]}]}"#),
                _ => (401, Vec::new(), Vec::new()),
            },
            "/page?terraform-get=1" => {
                let page = "<meta name=\"terraform-get\" content=\"./files/net.tar.gz//top/inner\">";
                (200, Vec::new(), page.as_bytes().to_vec())
            }
            "/busy.tar.gz" => (503, Vec::new(), Vec::new()),
            "/bucket/net.tar.gz" if headers.get("authorization").is_some_and(|it| it.contains("AWS4-HMAC-SHA256")) => {
                (200, Vec::new(), tar_gz(&[("main.tf", "")]))
            }
            _ => (404, Vec::new(), Vec::new()),
        }
    })
}

#[test]
fn a_registry_is_asked_once_and_the_installed_version_kept() {
    let server = registry();
    let host = &server.address;
    let call = |name: &str, version: &str| {
        format!("module \"{name}\" {{\n  source  = \"{host}/a/net/aws\"\n  version = \"{version}\"\n}}\n")
    };
    let work = Work::new(&format!("{}{}", call("one", "~> 1.0"), call("two", "~> 1.4")));
    let first = work.install(Manifest::default(), false);
    assert_eq!(first.errors, Vec::<String>::new());
    let expected = format!(
        "Downloading {host}/a/net/aws 1.4.2 for one...\n- one in <dir>/modules/one/top\n- one.inner in \
         <dir>/modules/one/top/inner\nDownloading {host}/a/net/aws 1.4.2 for two...\n- two in <dir>/modules/two/top\n- \
         two.inner in <dir>/modules/two/top/inner\n"
    );
    let mut said: Vec<&str> = first.said.lines().collect();
    let mut lines: Vec<&str> = expected.lines().collect();
    said.sort_unstable();
    lines.sort_unstable();
    assert_eq!(said, lines);
    let record = first.manifest.get("one").unwrap();
    assert_eq!((record.version.as_deref(), record.source.as_str()), (Some("1.4.2"), &*format!("{host}/a/net/aws")));
    let asked = server.asked();
    let times = |path: &str| asked.iter().filter(|it| *it == path).count();
    assert_eq!((times("/m/a/net/aws/versions"), times("/files/net.tar.gz")), (1, 1));

    let again = work.install(first.manifest.clone(), false);
    assert_eq!((again.said.as_str(), server.asked().len()), ("", asked.len()), "nothing is fetched twice");
    fs::write(work.path().join("main.tf"), call("one", ">= 1.0")).unwrap();
    let kept = work.install(again.manifest, false);
    assert_eq!(kept.manifest.get("one").unwrap().version.as_deref(), Some("1.4.2"));
    let upgraded = work.install(kept.manifest, true);
    assert_eq!(upgraded.manifest.get("one").unwrap().version.as_deref(), Some("2.0.0"));

    let (config, found) =
        load_with(&Disk, work.path(), &mut Installed { manifest: &upgraded.manifest, dir: Path::new("") });
    assert!(!found.has_errors());
    assert_eq!(config.modules.len(), 3);
}

#[test]
fn what_a_registry_does_not_have() {
    let server = registry();
    let host = &server.address;
    let install = |source: &str, version: &str| {
        let main = format!("module \"m\" {{\n  source = \"{host}/{source}\"\n  version = \"{version}\"\n}}\n");
        Work::new(&main).install(Manifest::default(), false).errors.remove(0)
    };
    let error = install("a/net/aws", ">= 3.0");
    assert!(error.starts_with("Unresolvable module version constraint: "), "{error}");
    assert!(error.contains("the newest one is 2.0.0"), "{error}");
    let error = install("a/other/aws", "1.0");
    assert!(error.starts_with("Module not found: ") && error.contains("has no module a/other/aws"), "{error}");
}

#[test]
fn tokens_open_private_registries() {
    let server = registry();
    let host = &server.address;
    let main = format!("module \"m\" {{\n  source = \"{host}/a/secret/aws\"\n  version = \"9.0\"\n}}\n");
    let mut work = Work::new(&main);
    let error = work.install(Manifest::default(), false).errors.remove(0);
    assert!(error.starts_with("Error accessing remote module registry: ") && error.contains("credentials"), "{error}");
    let file = work.path().join("rc");
    fs::write(&file, format!("credentials \"{host}\" {{\n  token = \"t0k\"\n}}\n")).unwrap();
    work.environment.insert("TF_CLI_CONFIG_FILE".into(), file.display().to_string());
    let error = work.install(Manifest::default(), false).errors.remove(0);
    assert!(error.contains("the newest one is 0.1.0"), "{error}");
}

#[test]
fn addresses_that_point_to_others_archives_and_buckets() {
    let server = registry();
    let host = &server.address;
    let good = tar_gz(&[("main.tf", "")]);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.tar.gz"), &good).unwrap();
    fs::create_dir(folder.path().join("m")).unwrap();
    fs::write(folder.path().join("m/main.tf"), "").unwrap();
    let here = folder.path().display();
    let mut work = Work::new("");
    work.environment.insert("AWS_ACCESS_KEY_ID".into(), "AK".into());
    work.environment.insert("AWS_SECRET_ACCESS_KEY".into(), "SK".into());
    let install = |source: &str| {
        fs::write(work.path().join("main.tf"), format!("module \"m\" {{\n  source = \"{source}\"\n}}\n")).unwrap();
        let outcome = work.install(Manifest::default(), false);
        let dir = outcome.manifest.get("m").map(|it| it.dir.replace(&work.path().display().to_string(), ""));
        outcome.errors.first().cloned().map_or_else(|| Ok(dir.unwrap_or_default()), Err)
    };
    assert_eq!(install(&format!("http://{host}/page")), Ok("/modules/m/top/inner".into()));
    assert_eq!(install(&format!("http://{host}/files/net.tar.gz//top/inner")), Ok("/modules/m/top/inner".into()));
    assert_eq!(install(&format!("s3::http://{host}/bucket/net.tar.gz")), Ok("/modules/m".into()));
    assert_eq!(install(&format!("{here}/m")), Ok("/modules/m".into()));
    assert_eq!(install(&format!("{here}/good.tar.gz")), Ok("/modules/m".into()));
    for (source, reason) in [
        (format!("http://{host}/files/net.tar.gz?checksum=md5:00"), "not the one that the checksum means"),
        (format!("http://{host}/files/net.tar.gz//none"), "no folder \"none\""),
        (format!("http://{host}/none.zip"), "nothing at this address"),
        (format!("http://{host}/busy.tar.gz"), "status 503"),
        (format!("http://{host}/files/net.tar.gz?archive=rar"), "\"rar\" cannot be unpacked"),
        ("hg::http://example.com/m".to_owned(), "does not know how to fetch \"hg\""),
        ("http://127.0.0.1:1/m.zip".to_owned(), "failed"),
    ] {
        let error = install(&source).unwrap_err();
        assert!(error.starts_with("Failed to download module: ") && error.contains(reason), "{source}: {error}");
    }
    assert_eq!(server.asked().iter().filter(|it| *it == "/busy.tar.gz").count(), 3, "5xx is repeated");
}

#[test]
fn modules_that_come_with_plumb_are_copied_and_kept() {
    let work = Work::new("module \"m\" {\n  source = \"plumb://atlassian-standard-infrastructure//existing\"\n}\n");
    let first = work.install(Manifest::default(), false);
    assert_eq!(first.errors, Vec::<String>::new());
    assert_eq!(
        first.said,
        "Copying plumb://atlassian-standard-infrastructure for m...\n- m in <dir>/modules/m/existing\n"
    );
    assert_eq!(first.manifest.get("m").unwrap().version.as_deref(), Some(crate::VERSION));
    let file = work.path().join("modules/m/existing/main.tf");
    let shipped = fs::read_to_string(&file).unwrap();
    fs::write(&file, "# mine\n").unwrap();
    let kept = work.install(first.manifest, false);
    assert_eq!((kept.said.as_str(), fs::read_to_string(&file).unwrap().as_str()), ("", "# mine\n"));
    work.install(kept.manifest, true);
    assert_eq!(fs::read_to_string(&file).unwrap(), shipped, "an upgrade takes what this plumb has");

    let refused = |source: &str| {
        let work = Work::new(&format!("module \"m\" {{\n  source = \"{source}\"\n}}\n"));
        work.install(Manifest::default(), false).errors.remove(0)
    };
    let error = refused("plumb://atlassian-standard-infrastructure?version=0.0.1");
    assert!(error.starts_with("Failed to download module: ") && error.contains("0.0.1 is wanted"), "{error}");
    assert!(refused("plumb://confluence").contains("there are atlassian-standard-infrastructure and"));
}
