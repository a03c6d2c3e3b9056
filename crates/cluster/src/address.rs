//! Where a scheduler listens, and whether it is ready.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::thread::sleep;
use std::time::{Duration, Instant};
use url::Url;

/// A scheduler's address (调度器地址): a host and a port, written as a URL whose scheme does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// The port a scheduler listens on unless told otherwise.
pub const PORT: u16 = 50050;

/// What a scheduler says of itself (就绪情况), the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Readiness {
    Silent,
    NoExecutors,
    Ready,
}

impl Address {
    /// Reads `http://host:port`; without a port it is [`PORT`]. `None` when there is no host in it.
    pub fn parse(url: &str) -> Option<Address> {
        let url = Url::parse(url).ok()?;
        let host = url.host_str().filter(|host| !host.is_empty())?.to_owned();
        Some(Address { host, port: url.port().unwrap_or(PORT) })
    }

    /// Asks the scheduler until it is as ready as `wanted` or the patience is at its end.
    pub(crate) fn wait(&self, wanted: Readiness, patience: Duration) -> Readiness {
        let end = Instant::now() + patience;
        loop {
            let readiness = self.readiness().unwrap_or(Readiness::Silent);
            if readiness >= wanted || Instant::now() >= end {
                return readiness;
            }
            sleep(Duration::from_millis(200));
        }
    }

    /// The scheduler answers `GET /readyz` with 200 once an executor has reported.
    fn readiness(&self) -> std::io::Result<Readiness> {
        let wait = Duration::from_secs(5);
        let place = (self.to_string()[SCHEME.len()..]).to_socket_addrs()?.next().ok_or(std::io::ErrorKind::NotFound)?;
        let mut stream = TcpStream::connect_timeout(&place, wait)?;
        stream.set_read_timeout(Some(wait))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.host)?;
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status)?;
        Ok(match status.split(' ').nth(1) {
            Some("200") => Readiness::Ready,
            Some("503") => Readiness::NoExecutors,
            _ => Readiness::Silent,
        })
    }
}

const SCHEME: &str = "http://";

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_url_with_a_host() {
        let check = |url: &str, expect: Option<&str>| {
            assert_eq!(Address::parse(url).map(|address| address.to_string()).as_deref(), expect, "{url}");
        };
        check("http://10.0.0.5:6000", Some("http://10.0.0.5:6000"));
        check("df://scheduler", Some("http://scheduler:50050"));
        check("http://[::1]:6000/", Some("http://[::1]:6000"));
        check("10.0.0.5:6000", None);
        check("scheduler", None);
        check("file:///lake", None);
        check("", None);
    }
}
