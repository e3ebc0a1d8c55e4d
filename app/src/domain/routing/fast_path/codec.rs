//! Storage format of a learner: vectors, labels' indexes, hashes of API keys and samples; never a text.
//!
//! Gates are not stored: they follow from the samples. All numbers are little-endian.

use super::{
    alarm::Alarm,
    learner::{EXPLORED, Learner},
    sample::{SAMPLES, Sample},
    vector::Embedding,
};

/// Version of the format. Another version is not read: the bank starts empty.
const VERSION: u8 = 1;

impl Learner {
    /// The stored form. At most about 1.5 MB, by the bounds of the bank and of the samples.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bank = self.snapshot().bank();
        let mut bytes = vec![VERSION];
        put_length(&mut bytes, self.samples().len());
        put_length(&mut bytes, bank.dimensions());
        put_length(&mut bytes, bank.sizes().sum());
        for (label, caller, components) in bank.entries() {
            put_length(&mut bytes, label);
            bytes.extend(caller.to_le_bytes());
            bytes.extend(components.iter().map(|it| it.cast_unsigned()));
        }
        for (label, samples) in self.samples().iter().enumerate() {
            bytes.push(self.snapshot().alarm(label).to_byte());
            put_length(&mut bytes, samples.len());
            for sample in samples.iter() {
                [sample.margin, sample.nearest, sample.weight]
                    .iter()
                    .for_each(|it| bytes.extend(it.to_le_bytes()));
                bytes.push(u8::from(sample.agreed));
                bytes.extend(sample.caller.to_le_bytes());
            }
        }
        let explored: Vec<u8> = self.explored_calls().map(u8::from).collect();
        put_length(&mut bytes, explored.len());
        bytes.extend(explored);
        bytes
    }

    /// The learner of a stored form. `None` if it has other labels or dimensions, or cannot be read.
    pub fn from_bytes(bytes: &[u8], labels: usize, dimensions: usize) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.byte()? != VERSION || reader.length()? != labels || reader.length()? != dimensions {
            return None;
        }
        let mut learner = Self::new(labels, dimensions);
        for _ in 0..reader.length()? {
            let label = reader.length()?;
            let caller = u64::from_le_bytes(reader.array()?);
            let components: Vec<i8> = reader.bytes(dimensions)?.iter().map(|it| it.cast_signed()).collect();
            if !learner.restore_entry(label, &Embedding::from_components(&components)?, caller) {
                return None;
            }
        }
        for label in 0..labels {
            let alarm = Alarm::from_byte(reader.byte()?);
            let count = reader.length().filter(|it| *it <= SAMPLES)?;
            let samples: Option<Vec<Sample>> = (0..count).map(|_| reader.sample()).collect();
            learner.restore_label(label, alarm, samples?);
        }
        let explored = reader.length().filter(|it| *it <= EXPLORED)?;
        learner.restore_explored(reader.bytes(explored)?.iter().map(|it| *it == 1));
        reader.0.is_empty().then_some(learner)
    }
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

/// The unread rest.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (read, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(read)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.array()?)).ok()
    }

    fn number(&mut self) -> Option<f32> {
        Some(f32::from_le_bytes(self.array()?)).filter(|it| it.is_finite())
    }

    fn sample(&mut self) -> Option<Sample> {
        Some(Sample {
            margin: self.number()?,
            nearest: self.number()?,
            weight: self.number().filter(|it| *it >= 1.0)?,
            agreed: self.byte()? == 1,
            caller: u64::from_le_bytes(self.array()?),
        })
    }
}
