//! Monitors: when they look, and what follows from what they see.

use super::super::event::{AZ_MONITOR, Action, Level};
use super::Agent;
use super::state::{Phase, WatchState, monitors};
use crate::address::Look;
use crate::group::{Monitor, RecoveryTarget};

impl Agent {
    /// Lets every monitor look that is due: those of resources while the group is active here, that of the zone always.
    pub(super) fn run_monitors(&mut self, group: &str) {
        self.finish_the_rest(group);
        let now = self.now;
        let Some(settings) = self.settings.group(group) else { return };
        let zone = settings.az_monitor.as_ref().map(|it| it.monitor.start_delay);
        let all: Vec<String> = monitors(settings).map(|(name, _)| name.to_owned()).collect();
        let begin = self.started;
        let Some(state) = self.groups.get_mut(group) else { return };
        if let Some(delay) = zone {
            let first = || WatchState { next: Some(begin + delay), ..WatchState::default() };
            state.watches.entry(AZ_MONITOR.to_owned()).or_insert_with(first);
        }
        let active = matches!(state.phase, Phase::Active);
        for name in all {
            let looks = active || name == AZ_MONITOR;
            let Some(watch) = state.watches.get_mut(&name).filter(|it| looks && it.looking.is_none()) else { continue };
            if watch.next.is_some_and(|next| now >= next) {
                watch.looking = Some(now);
                self.out.push(Action::Monitor { group: group.to_owned(), monitor: name });
            }
        }
    }

    pub(super) fn monitored(&mut self, group: &str, name: &str, look: Look) {
        let now = self.now;
        let Some(settings) = self.settings.group(group) else { return };
        let Some(monitor) = monitors(settings).find(|(it, _)| *it == name).map(|(_, it)| it.clone()) else { return };
        let Some(watch) = self.groups.get_mut(group).and_then(|it| it.watches.get_mut(name)) else { return };
        watch.looking = None;
        watch.next = Some(now + monitor.interval);
        watch.at = Some(now);
        watch.word = word(&look);
        watch.message = look.trouble().map(ToString::to_string);
        let was_bad = watch.bad > 0;
        match look {
            Look::TooEarly => {}
            Look::Fine => {
                let message = format!("{name} is well again");
                let restarts = watch.restarts;
                (watch.bad, watch.restarts, watch.failovers) = (0, 0, 0);
                (watch.done, watch.flapping) = (false, false);
                if was_bad || restarts > 0 {
                    self.log("monitor_normal", Level::Info, Some(group), &message);
                }
            }
            Look::Ignored(_) => {}
            Look::Warning(trouble) => self.log_trouble("monitor_warning", Level::Warning, group, &trouble),
            Look::Error(trouble) => {
                watch.bad += 1;
                let forgiven = watch.bad <= monitor.retry;
                self.log_trouble("monitor_error", Level::Error, group, &trouble);
                if !forgiven {
                    self.recover(group, name, &monitor);
                }
            }
        }
    }

    /// Restarts first, then moves the group, then does what the settings say for when nothing helped.
    fn recover(&mut self, group: &str, name: &str, monitor: &Monitor) {
        let active = matches!(self.state(group).phase, Phase::Active) && self.state(group).leaving_to.is_none();
        let recovery = &monitor.recovery;
        let Some(watch) = self.groups.get_mut(group).and_then(|it| it.watches.get_mut(name)) else { return };
        if !active || watch.flapping {
            return;
        }
        if watch.restarts < recovery.restarts {
            watch.restarts += 1;
            let message = format!("restart {} of {} for {name}", watch.restarts, recovery.restarts);
            self.log("restarting", Level::Warning, Some(group), &message);
            return self.restart(group, name, recovery.target);
        }
        let groups: Vec<String> = match recovery.target {
            RecoveryTarget::LocalServer => self.groups.keys().cloned().collect(),
            RecoveryTarget::Resource | RecoveryTarget::Group => vec![group.to_owned()],
        };
        let own = [self.settings.server.clone()].into();
        let best = |it: &String| {
            let target = self.settings.group(it).and_then(|it| self.candidates(it, &own).into_iter().next());
            target.map(|target| (it.clone(), target))
        };
        let moves: Vec<(String, String)> = groups.iter().filter_map(best).collect();
        let Some(watch) = self.groups.get_mut(group).and_then(|it| it.watches.get_mut(name)) else { return };
        if watch.failovers < recovery.failovers {
            if moves.is_empty() {
                return self.say("no_target", group, "a failover is due, and no other server can have the group");
            }
            watch.failovers += 1;
            for (group, to) in moves {
                if matches!(self.state(&group).phase, Phase::Active) {
                    self.hand_over(&group, &to, &format!("the monitor {name} found an error"));
                }
            }
        } else if !watch.done {
            watch.done = true;
            self.last_action(group, recovery.final_action, &format!("nothing helped against the error of {name}"));
        }
    }
}

/// What was seen, in a word.
pub(super) fn word(look: &Look) -> &'static str {
    match look {
        Look::Fine => "fine",
        Look::TooEarly => "too_early",
        Look::Ignored(_) => "ignored",
        Look::Warning(_) => "warning",
        Look::Error(_) => "error",
    }
}
