//! Functions of IP networks in CIDR notation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use dashu_int::{IBig, UBig};

use super::{Context, Function, FunctionError, Outcome, Parameter, num, number, quote, string, strings, text, whole};
use crate::value::{Type, Value};

const PREFIX: Parameter = Parameter::new("prefix", "A network in CIDR notation, such as 10.0.0.0/8.", string);

pub(super) static CIDRHOST: Function = Function::new(
    "cidrhost",
    "The address of a host in a network, by its number.",
    &[PREFIX, Parameter::new("hostnum", "Number of the host; counted from the end when negative.", number)],
    string,
    |_, args| {
        let number = num(args, 1).as_integer().ok_or_else(|| FunctionError::failed("value must be a whole number"))?;
        Ok(network(args).map_err(FunctionError::failed)?.host(&number)?.into())
    },
);

pub(super) static CIDRNETMASK: Function =
    Function::new("cidrnetmask", "The netmask of an IPv4 network.", &[PREFIX], string, |_, args| {
        let network = network(args).map_err(FunctionError::failed)?;
        if network.bits != 32 {
            let message = format!("IPv6 addresses cannot have a netmask: {}", quote(text(args, 0)));
            return Err(FunctionError::failed(message));
        }
        Ok(address(mask(32, network.length), 32).into())
    });

pub(super) static CIDRSUBNET: Function = Function::new(
    "cidrsubnet",
    "A network within a network, by the bits that its prefix has more and its number.",
    &[
        PREFIX,
        Parameter::new("newbits", "Bits by which the prefix gets longer.", number),
        Parameter::new("netnum", "Number of the network among those of this size.", number),
    ],
    string,
    |_, args| {
        let longer = whole(args, 1)?;
        let number = num(args, 2).as_integer().ok_or_else(|| FunctionError::failed("value must be a whole number"))?;
        Ok(network(args).map_err(FunctionError::failed)?.subnet(longer, &number)?.into())
    },
);

pub(super) static CIDRSUBNETS: Function = Function::new(
    "cidrsubnets",
    "Networks within a network one after the other, by the bits that their prefixes have more.",
    &[PREFIX],
    strings,
    cidrsubnets,
)
.variadic(Parameter::new("newbits", "Bits by which the prefix of each network gets longer.", number));

/// A network of IPv4 (32 bits) or IPv6 (128 bits).
#[derive(Clone, Copy)]
struct Network {
    address: u128,
    bits: u32,
    length: u32,
}

/// The network of the first argument; host bits in it are dropped.
fn network(args: &[Value]) -> Result<Network, String> {
    parse(text(args, 0))
        .ok_or_else(|| format!("invalid CIDR expression: invalid CIDR address: {}", quote(text(args, 0))))
}

fn parse(text: &str) -> Option<Network> {
    let (ip, length) = text.split_once('/')?;
    let (address, bits) =
        if ip.contains(':') { (u128::from(ip.parse::<Ipv6Addr>().ok()?), 128) } else { (parse_v4(ip)?, 32) };
    let length = decimal(length, bits)?;
    Some(Network { address: address & mask(bits, length), bits, length })
}

/// Unlike the standard library's reader this one allows leading zeros, which old configurations have.
fn parse_v4(text: &str) -> Option<u128> {
    let octets: Vec<u32> = text.split('.').map(|it| decimal(it, 255)).collect::<Option<_>>()?;
    (octets.len() == 4).then(|| octets.iter().fold(0, |all, octet| all << 8 | u128::from(*octet)))
}

fn decimal(text: &str, most: u32) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if digits { text.parse().ok().filter(|it| *it <= most) } else { None }
}

/// The `length` highest of `bits` bits.
fn mask(bits: u32, length: u32) -> u128 {
    let ones = u128::MAX >> (128 - bits);
    ones & !ones.checked_shr(length).unwrap_or(0)
}

fn is_mapped_v4(value: u128, bits: u32) -> bool {
    bits == 128 && value >> 32 == 0xffff
}

fn address(value: u128, bits: u32) -> String {
    if bits == 32 || is_mapped_v4(value, bits) {
        return IpAddr::from(Ipv4Addr::from(value as u32)).to_string();
    }
    IpAddr::from(Ipv6Addr::from(value)).to_string()
}

impl Network {
    fn show(self) -> String {
        let length = if is_mapped_v4(self.address, self.bits) { self.length.saturating_sub(96) } else { self.length };
        format!("{}/{length}", address(self.address, self.bits))
    }

    /// One past the last address; 0 where that is beyond all addresses of 128 bits.
    fn end(self) -> u128 {
        (self.address | !mask(self.bits, self.length) & mask(self.bits, self.bits)).wrapping_add(1)
    }

    fn host(self, number: &IBig) -> Result<String, FunctionError> {
        let last = IBig::from(!mask(self.bits, self.length) & mask(self.bits, self.bits));
        let host = if *number < IBig::ZERO { &last + number + IBig::ONE } else { number.clone() };
        if host > last || host < IBig::ZERO {
            let message = format!("prefix of {} does not accommodate a host numbered {number}", self.length);
            return Err(FunctionError::failed(message));
        }
        // An IPv4 address written as IPv6 counts hosts in the place where an IPv4 address would have them.
        let shift = if is_mapped_v4(self.address, self.bits) { 96 } else { 0 };
        Ok(address(self.with(&(host << shift)), self.bits))
    }

    fn subnet(self, longer: i64, number: &IBig) -> Result<String, FunctionError> {
        let length = i64::from(self.length).saturating_add(longer);
        if length > i64::from(self.bits) {
            let message = format!("insufficient address space to extend prefix of {} by {longer}", self.length);
            return Err(FunctionError::failed(message));
        }
        let length = u32::try_from(length).map_err(|_| {
            FunctionError::failed(format!("cannot shorten prefix of {} by {}", self.length, longer.unsigned_abs()))
        })?;
        let (_, size) = number.clone().into_parts();
        if (0..64).contains(&longer) && size >= UBig::ONE << longer as usize {
            let message = format!("prefix extension of {longer} does not accommodate a subnet numbered {number}");
            return Err(FunctionError::failed(message));
        }
        let address = self.with(&(number << (self.bits - length) as usize));
        Ok(Network { address, length, ..self }.show())
    }

    /// The address with the bits of a number set in it. A negative number has all high bits set, and the result is then
    /// taken without its sign: useless addresses, but always the same ones.
    fn with(self, number: &IBig) -> u128 {
        let (_, magnitude) = (IBig::from(self.address) | number).into_parts();
        let low = magnitude & UBig::from(mask(self.bits, self.bits));
        u128::try_from(low).expect("at most 128 bits are left")
    }
}

fn cidrsubnets(_: &Context<'_>, args: &[Value]) -> Outcome {
    let all = network(args).map_err(|error| FunctionError::argument(0, error))?;
    let mut subnets: Vec<Network> = Vec::new();
    for at in 1..args.len() {
        let error = |message: String| FunctionError::argument(at, message);
        let longer = whole(args, at).map_err(|it| error(it.message))?;
        if longer < 1 {
            return Err(error("must extend prefix by at least one bit".into()));
        }
        if longer > 32 {
            return Err(error("may not extend prefix by more than 32 bits".into()));
        }
        let length = all.length + longer as u32;
        if length > all.bits {
            let protocol = if all.bits == 32 { "IPv4" } else { "IPv6" };
            let message = format!("would extend prefix to {length} bits, which is too long for an {protocol} address");
            return Err(error(message));
        }
        let before = subnets.last();
        let free = before.map_or(all.address, |it| it.end());
        let step = 1u128 << (all.bits - length);
        let next = free.checked_next_multiple_of(step).filter(|it| {
            (before.is_none() || free != 0)
                && it & mask(all.bits, all.length) == all.address
                && *it <= mask(all.bits, all.bits)
        });
        let address = next.ok_or_else(|| {
            let after = before.map(|it| format!(" after {}", it.show())).unwrap_or_default();
            error(format!("not enough remaining address space for a subnet with a prefix of {length} bits{after}"))
        })?;
        subnets.push(Network { address, length, ..all });
    }
    Ok(Value::list(Type::String, subnets.into_iter().map(|it| it.show().into()).collect()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn hosts() {
        check(
            "cidrhost",
            &[("[\"10.12.112.0/20\",-1]", "\"10.12.127.255\""), ("[\"10.12.127.6/20\",1]", "\"10.12.112.1\"")],
        );
        check(
            "cidrhost",
            &[("[\"10.12.112.0/20\",4096]", "!numbered 4096"), ("[\"10.0.0.0/8\",-16777217]", "!does not accommodate")],
        );
        check(
            "cidrhost",
            &[
                ("[\"fd00::/64\",-1]", "\"fd00::ffff:ffff:ffff:ffff\""),
                ("[\"2001:db8::/32\",18446744073709551616]", "\"2001:db8:0:1::\""),
            ],
        );
        check(
            "cidrhost",
            &[
                ("[\"10.0.0.0/33\",1]", "!invalid CIDR"),
                ("[\"10.0.0.0/8\",1.5]", "!whole number"),
                ("[\"010.0.0.0/8\",1]", "\"10.0.0.1\""),
            ],
        );
        check(
            "cidrhost",
            &[
                ("[\"::ffff:10.0.0.0/104\",1]", "\"0:1::ffff:a00:0\""),
                ("[\"1.2.3/8\",1]", "!invalid CIDR"),
                ("[\"10.0.0.0/0\",1]", "\"0.0.0.1\""),
            ],
        );
        check("cidrhost", &[("[\"fe80::1%eth0/64\",1]", "!invalid CIDR"), ("[\"1.2.3.4/32\",0]", "\"1.2.3.4\"")]);
    }

    #[test]
    fn masks() {
        check(
            "cidrnetmask",
            &[
                ("[\"172.16.0.0/12\"]", "\"255.240.0.0\""),
                ("[\"10.0.0.0/0\"]", "\"0.0.0.0\""),
                ("[\"fd00::/64\"]", "!IPv6"),
            ],
        );
    }

    #[test]
    fn subnets() {
        check(
            "cidrsubnet",
            &[("[\"10.1.2.3/24\",4,1]", "\"10.1.2.16/28\""), ("[\"10.1.2.0/24\",-1,0]", "\"10.1.2.0/23\"")],
        );
        check(
            "cidrsubnet",
            &[("[\"10.1.2.0/24\",4,-1]", "\"0.0.0.16/28\""), ("[\"fd00::/8\",64,-1]", "\"::100:0:0:0/72\"")],
        );
        check(
            "cidrsubnet",
            &[(
                "[\"2001:db8::/32\",96,79228162514264337593543950335]",
                "\"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128\"",
            )],
        );
        check(
            "cidrsubnet",
            &[
                ("[\"10.0.0.0/8\",8,256]", "!numbered 256"),
                ("[\"10.0.0.0/8\",25,1]", "!insufficient"),
                ("[\"10.0.0.0/8\",-9,0]", "!cannot shorten"),
            ],
        );
        check(
            "cidrsubnet",
            &[("[\"::ffff:10.0.0.0/104\",8,1]", "\"10.1.0.0/16\""), ("[\"1.2.3.4/32\",0,0]", "\"1.2.3.4/32\"")],
        );
    }

    #[test]
    fn consecutive_subnets() {
        check(
            "cidrsubnets",
            &[("[\"10.1.0.0/16\",4,4,8,4]", "[\"10.1.0.0/20\",\"10.1.16.0/20\",\"10.1.32.0/24\",\"10.1.48.0/20\"]")],
        );
        check(
            "cidrsubnets",
            &[
                ("[\"10.0.0.0/24\",1,1,1]", "!not enough remaining"),
                ("[\"255.0.0.0/8\",1,1,1]", "!not enough"),
                ("[\"10.0.0.0/24\"]", "[]"),
            ],
        );
        check(
            "cidrsubnets",
            &[
                ("[\"::/0\",1,1,1]", "!not enough"),
                ("[\"10.0.0.0/24\",9]", "!33 bits"),
                ("[\"2001:db8::/32\",33]", "!32 bits"),
                ("[\"10.0.0.0/8\",0]", "!at least one"),
            ],
        );
    }
}
