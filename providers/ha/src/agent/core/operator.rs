//! What people ask an agent for.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::super::event::{Action, Command, Level, Ticket, Work};
use super::Agent;
use super::peers::Presence;
use super::state::Phase;
use crate::journal::Kind;
use crate::transition::Request;

impl Agent {
    pub(super) fn asked(&mut self, ticket: Ticket, command: Command) {
        let group = match &command {
            Command::Status => {
                let answer = Ok(self.status());
                return self.out.push(Action::Reply { ticket, answer });
            }
            Command::Move { group, .. } | Command::Start { group, .. } | Command::Stop { group, .. } => group.clone(),
        };
        let refused = match self.groups.get(&group) {
            None => Some(format!("The agent knows no group {group:?}.")),
            Some(_) if self.ending.is_some() => Some("The agent is about to end.".to_owned()),
            Some(it) if it.running || it.ticket.is_some() || it.leaving_to.is_some() => {
                Some("Something is being done with the group already.".to_owned())
            }
            Some(_) => None,
        };
        let result = match (refused, command) {
            (Some(reason), _) => Err(reason),
            (None, Command::Move { to, reason, .. }) => self.asked_to_move(&group, to, &reason),
            (None, Command::Start { to, reason, forced, .. }) => self.asked_to_start(&group, to, reason, forced),
            (None, Command::Stop { reason, .. }) => self.asked_to_stop(&group, reason),
            (None, Command::Status) => Ok(()),
        };
        match result {
            Ok(()) => self.with(&group, |it| it.ticket = Some(ticket)),
            Err(reason) => self.out.push(Action::Reply { ticket, answer: Err(reason) }),
        }
    }

    fn asked_to_move(&mut self, group: &str, to: Option<String>, reason: &str) -> Result<(), String> {
        if !matches!(self.state(group).phase, Phase::Active) {
            return Err(self.not_here(group));
        }
        let own: BTreeSet<String> = [self.settings.server.clone()].into();
        let settings = self.settings.group(group).ok_or("There is no such group.")?;
        let fit = self.candidates(settings, &own);
        let to = match to {
            Some(to) if to == self.settings.server => return Err(format!("The group is on {to} already.")),
            // A person may try again where activation failed before.
            Some(to)
                if fit.contains(&to) || (settings.startup.contains(&to) && self.presence(&to) == Presence::Alive) =>
            {
                to
            }
            Some(to) => return Err(format!("{to} cannot have the group: it is silent or not in the startup list.")),
            None => fit.into_iter().next().ok_or("No other server can have the group.")?,
        };
        self.hand_over(group, &to, reason);
        Ok(())
    }

    fn asked_to_start(&mut self, group: &str, to: Option<String>, reason: String, forced: bool) -> Result<(), String> {
        let state = self.state(group);
        let own = self.settings.server.clone();
        if matches!(state.phase, Phase::Active) {
            return Err(format!("The group is active on {own} already."));
        }
        if to.as_ref().is_some_and(|it| *it != own) {
            return Err(format!("This is {own}. Start the group on the server itself, or move it there later."));
        }
        if !state.is_idle() || state.is_here() {
            return Err("Something is being done with the group already.".to_owned());
        }
        let peers: Vec<String> = self.peers.keys().cloned().collect();
        if let Some(peer) = peers.iter().find(|it| self.says_it_has(it, group)) {
            return Err(format!("The group is on {peer}. Move it from there."));
        }
        let request = Request { kind: Kind::Start, from: None, to: Some(own), reason, forced };
        self.with(group, |it| it.failed = None);
        self.log("taking", Level::Info, Some(group), &request.reason);
        self.enter(group, Phase::Taking);
        self.begin(group, Work::Run(request));
        Ok(())
    }

    fn asked_to_stop(&mut self, group: &str, reason: String) -> Result<(), String> {
        let peers: Vec<String> = self.peers.keys().cloned().collect();
        if let Some(peer) = peers.iter().find(|it| self.says_it_has(it, group)) {
            return Err(format!("The group is on {peer}. Stop it there."));
        }
        match self.state(group).phase {
            Phase::Active | Phase::Idle => {
                self.stop(group, reason);
                Ok(())
            }
            _ => Err("Something is being done with the group already.".to_owned()),
        }
    }

    fn not_here(&self, group: &str) -> String {
        let peer = self.peers.keys().find(|it| self.says_it_has(it, group));
        match peer {
            Some(peer) => format!("The group is on {peer}. Ask its agent."),
            None => "The group is not active on this server.".to_owned(),
        }
    }

    /// Answers who waits for what was going on with a group.
    pub(super) fn answer(&mut self, group: &str, answer: Result<Json, String>) {
        if let Some(ticket) = self.groups.get_mut(group).and_then(|it| it.ticket.take()) {
            self.out.push(Action::Reply { ticket, answer });
        }
    }
}
