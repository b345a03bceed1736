//! Where the bytes of a text stand in its file, when the file writes some of them as escape sequences.

/// Maps offsets of a text to offsets of the file that it was taken from.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    /// Offset in the text and in the file, where a run begins in which both go in step; the first is that of offset 0.
    runs: Vec<(usize, usize)>,
}

impl Places {
    /// A text whose first byte stands at `start`.
    pub fn new(start: usize) -> Self {
        Self { runs: vec![(0, start)] }
    }

    /// From `offset` of the text on, bytes stand at `place` and after it. Offsets must be given in rising order.
    pub fn continue_at(&mut self, offset: usize, place: usize) {
        self.runs.push((offset, place));
    }

    /// Where the byte at `offset` stands.
    pub fn of(&self, offset: usize) -> usize {
        let run = self.runs.partition_point(|(start, _)| *start <= offset);
        let (start, place) = self.runs[run.saturating_sub(1)];
        place + (offset - start)
    }
}

impl From<usize> for Places {
    fn from(start: usize) -> Self {
        Self::new(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_after_an_escape_are_moved() {
        let mut places = Places::new(10);
        places.continue_at(3, 18);
        assert_eq!([0, 2, 3, 5].map(|it| places.of(it)), [10, 12, 18, 20]);
    }
}
