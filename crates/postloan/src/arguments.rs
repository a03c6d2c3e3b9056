//! The words of the command line: one function per command, help texts from the glossary.

use clap::{Arg, ArgAction, Command};
use glossary::{Lang, label, lookup, message};

/// The whole command line in one language.
pub fn command(lang: Lang) -> Command {
    let words = Words { lang };
    let front = Command::new("postloan")
        .about(words.about("postloan"))
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .subcommand_help_heading(words.say("commands"))
        .arg(words.flag("version").short('V').action(ArgAction::Version).help_heading(words.say("options")))
        .arg(words.option("lang").global(true).value_parser(["zh", "en"]).help_heading(words.say("options")));
    let commands = [
        demo(&words),
        init(&words),
        import(&words),
        day_end(&words),
        what_if(&words),
        explain(&words),
        query(&words),
        metrics(&words),
        roll(&words),
        migration(&words),
        vintage(&words),
        schedule(&words),
        cluster(&words),
        serve(&words),
        staff(&words),
        keys(&words),
        status(&words),
        doctor(&words),
        backup(&words),
        restore(&words),
    ];
    words.dressed(front).subcommands(words.with_defaults(commands))
}

fn demo(words: &Words) -> Command {
    words
        .command("demo", "postloan demo --dir postloan-demo")
        .arg(words.option("dir").help(words.own("demo", "dir")).default_value("postloan-demo"))
        .arg(words.flag("no-serve"))
}

fn init(words: &Words) -> Command {
    words.command("init", "postloan init bank --pack cn-bank").arg(words.dir()).arg(words.option("pack").default_value("cn-bank"))
}

fn import(words: &Words) -> Command {
    words
        .command("import", "postloan import bank --from inbox/2026-11-20")
        .arg(words.dir())
        .arg(words.option("from").required(true))
        .arg(words.option("mapping"))
        .arg(words.option("as-of"))
        .arg(words.option("fix").value_parser(clap::value_parser!(u32)))
        .arg(words.flag("dry-run"))
}

fn day_end(words: &Words) -> Command {
    words
        .command("day-end", "postloan day-end bank --date 2026-11-01 --through 2026-11-20")
        .arg(words.dir())
        .arg(words.option("date").required(true))
        .arg(words.option("through"))
        .arg(words.option("known-on"))
        .arg(words.option("pack"))
        .arg(words.option("cluster").value_name("URL"))
        .arg(words.option("database").value_name("URL"))
        .arg(words.flag("dry-run"))
}

fn staff(words: &Words) -> Command {
    words
        .command("staff", "postloan staff bank --id A0001 --name administrator")
        .arg(words.dir())
        .arg(words.option("id").required(true))
        .arg(words.option("name").required(true))
        .arg(words.option("database").value_name("URL"))
}

fn keys(words: &Words) -> Command {
    words.command("keys", "postloan keys bank").arg(words.dir()).arg(words.option("database").value_name("URL"))
}

fn what_if(words: &Words) -> Command {
    words
        .command("what-if", "postloan what-if bank --date 2026-11-20 --pack draft.toml")
        .arg(words.dir())
        .arg(words.option("date").required(true))
        .arg(words.option("pack").required(true))
        .arg(words.format())
}

fn explain(words: &Words) -> Command {
    words
        .command("explain", "postloan explain bank --date 2026-11-20 --loan L00042")
        .arg(words.dir())
        .arg(words.option("date").required(true))
        .arg(words.option("loan").required_unless_present("customer").conflicts_with("customer"))
        .arg(words.option("customer"))
}

fn query(words: &Words) -> Command {
    words
        .command("query", "postloan query bank \"SELECT grade, count(*) FROM loan_states WHERE as_of = '2026-11-20' GROUP BY grade\"")
        .arg(words.dir())
        .arg(Arg::new("sql").required(true).value_name("SQL").help(words.opt("sql")))
        .arg(words.option("format").default_value("table").value_parser(["table", "csv", "json", "parquet"]))
        .arg(words.option("output"))
}

fn metrics(words: &Words) -> Command {
    words
        .command("metrics", "postloan metrics bank --date 2026-11-20 --by branch,product")
        .arg(words.dir())
        .arg(words.option("date").required(true))
        .arg(words.option("by"))
        .arg(words.option("since").help(words.own("metrics", "since")))
        .arg(words.option("drill"))
        .arg(words.format())
}

fn roll(words: &Words) -> Command {
    words
        .command("roll", "postloan roll bank --date 2026-11-30 --since 2026-10-31")
        .arg(words.dir())
        .arg(words.option("date").required(true))
        .arg(words.option("since"))
        .arg(words.format())
}

fn migration(words: &Words) -> Command {
    words
        .command("migration", "postloan migration bank --date 2026-11-30 --since 2026-10-31 --of grade")
        .arg(words.dir())
        .arg(words.option("date").required(true))
        .arg(words.option("since"))
        .arg(words.option("of").default_value("grade").value_parser(["grade", "bucket"]))
        .arg(words.option("formula").value_parser(["v2005", "v2022"]))
        .arg(words.format())
}

fn vintage(words: &Words) -> Command {
    words
        .command("vintage", "postloan vintage bank --date 2026-11-30 --days 30")
        .arg(words.dir())
        .arg(words.option("date").required(true))
        .arg(words.option("days").default_value("30").value_parser(clap::value_parser!(i32).range(0..)))
        .arg(words.format())
}

fn schedule(words: &Words) -> Command {
    let number = |name: &'static str| words.option(name).value_parser(clap::value_parser!(u32).range(1..=1200));
    words
        .command(
            "schedule",
            "postloan schedule --principal 100000 --rate 0.06 --instalments 12 --disbursed-on 2026-01-12 --method equal_instalment",
        )
        .arg(words.option("principal").required(true))
        .arg(words.option("rate").required(true))
        .arg(number("instalments").required(true))
        .arg(words.option("disbursed-on").required(true))
        .arg(words.option("method").default_value("equal_instalment"))
        .arg(words.option("frequency").default_value("monthly"))
        .arg(words.option("day-count").default_value("30_360"))
        .arg(words.option("interest").default_value("nominal").value_parser(["nominal", "actual"]))
        .arg(words.option("balloon").default_value("0"))
        .arg(words.option("rounding").default_value("half_up"))
        .arg(words.option("residual").default_value("last").value_parser(["last", "first"]))
        .arg(words.option("roll").default_value("none"))
        .arg(words.format())
        .arg(words.flag("json"))
}

fn cluster(words: &Words) -> Command {
    let bind = |address| words.option("bind").value_name("ADDRESS:PORT").default_value(address);
    let scheduler = words.command("scheduler", "postloan cluster scheduler --bind 10.0.0.1:50050").arg(bind("127.0.0.1:50050"));
    let executor = words
        .command("executor", "postloan cluster executor --scheduler http://10.0.0.1:50050 --bind 10.0.0.2:0")
        .arg(words.option("scheduler").value_name("URL").required(true))
        .arg(bind("127.0.0.1:0"))
        .arg(words.option("slots").value_parser(clap::value_parser!(u16).range(1..)));
    words
        .command("cluster", "postloan day-end bank --date 2026-11-20 --cluster http://10.0.0.1:50050")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand_help_heading(words.say("commands"))
        .subcommands(words.with_defaults([scheduler, executor]))
}

fn serve(words: &Words) -> Command {
    words
        .command("serve", "postloan serve bank --listen 127.0.0.1:8080")
        .arg(words.dir())
        .arg(words.option("listen").value_name("ADDRESS:PORT").default_value("127.0.0.1:8080"))
        .arg(words.option("database").value_name("URL"))
        .arg(words.option("at").value_name("HH:MM"))
}

fn status(words: &Words) -> Command {
    words.command("status", "postloan status bank").arg(words.dir()).arg(words.format())
}

fn doctor(words: &Words) -> Command {
    words.command("doctor", "postloan doctor bank --repair").arg(words.dir()).arg(words.flag("repair")).arg(words.format())
}

fn backup(words: &Words) -> Command {
    words.command("backup", "postloan backup bank /mnt/backup/bank").arg(words.dir()).arg(words.place("to"))
}

fn restore(words: &Words) -> Command {
    words.command("restore", "postloan restore /mnt/backup/bank bank").arg(words.place("backup")).arg(words.dir())
}

/// Help texts in one language.
struct Words {
    lang: Lang,
}

impl Words {
    fn about(&self, command: &str) -> &'static str {
        label(&format!("cmd.{command}"), self.lang)
    }

    fn say(&self, stem: &str) -> &'static str {
        label(&format!("say.{stem}"), self.lang)
    }

    fn opt(&self, option: &str) -> &'static str {
        label(&format!("opt.{option}"), self.lang)
    }

    /// The command's own meaning of an option, else the common one.
    fn own(&self, command: &str, option: &str) -> &'static str {
        match lookup(&format!("opt.{command}.{option}")) {
            Some(term) => term.label.in_lang(self.lang),
            None => self.opt(option),
        }
    }

    fn command(&self, name: &'static str, example: &str) -> Command {
        let after = format!("{}:\n  {example}", self.say("example"));
        self.dressed(Command::new(name).about(self.about(name)).after_help(after))
    }

    /// clap's own headings in the language asked for.
    fn dressed(&self, command: Command) -> Command {
        let (usage, arguments) = (self.say("usage"), self.say("arguments"));
        let template = format!("{{about}}\n\n{usage}: {{usage}}\n\n{{all-args}}{{after-help}}");
        command
            .help_template(template)
            .next_help_heading(self.say("options"))
            .disable_help_flag(true)
            .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help).help(self.opt("help")))
            .mut_args(move |arg| if arg.is_positional() { arg.help_heading(arguments) } else { arg })
    }

    fn option(&self, name: &'static str) -> Arg {
        let value = name.to_uppercase();
        Arg::new(name).long(name).value_name(value).help(self.opt(name)).hide_possible_values(true)
    }

    /// Says what is taken when nothing is said.
    fn with_default(&self, arg: Arg) -> Arg {
        let Some(default) = arg.get_default_values().first().and_then(|value| value.to_str()) else { return arg };
        let said = message("say.default", self.lang, &[("value", default)]);
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default() + &said;
        arg.help(help).hide_default_value(true)
    }

    fn with_defaults<const N: usize>(&self, commands: [Command; N]) -> [Command; N] {
        commands.map(|command| command.mut_args(|arg| self.with_default(arg)))
    }

    fn flag(&self, name: &'static str) -> Arg {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(self.opt(name))
    }

    fn dir(&self) -> Arg {
        self.place("dir")
    }

    /// A folder that stands on the line without a name.
    fn place(&self, name: &'static str) -> Arg {
        let value = name.to_uppercase();
        Arg::new(name).required(true).value_name(value).help(self.opt(name)).help_heading(self.say("arguments"))
    }

    fn format(&self) -> Arg {
        self.option("format").default_value("table").value_parser(["table", "csv", "json"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_sound_and_shows_an_example_in_both_languages() {
        for lang in [Lang::Zh, Lang::En] {
            command(lang).debug_assert();
            for sub in command(lang).get_subcommands() {
                assert!(sub.get_after_help().is_some(), "{} has no example", sub.get_name());
            }
        }
    }
}
