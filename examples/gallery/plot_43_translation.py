"""
An encoder and a decoder are one drawing, and translate numbers that they never saw
===================================================================================

"Two hundred and six" becomes 2 0 6. Look at the drawing: the left half reads words, the right half says digits, and the
dotted lines between them are a gate that opens for one step, at the full stop. Then look at the columns: most numbers
that were never shown are translated without a mistake, and the mistakes have a pattern.
"""

import matplotlib.pyplot as plt
import numpy as np

import graphnet as gn

seed = 0  # make story runs this file with the seeds 0 to 4

# %%
# The words, and the numbers from 1 to 999 in words. One number in five is held out.

SMALL = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
SMALL += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = [*SMALL, *TENS, "hundred", "and", ".", "(silence)"]
END = 10  # the output that says that the number is over


def say(number):
    hundreds, rest = divmod(number, 100)
    words = [SMALL[hundreds - 1], "hundred"] if hundreds else []
    words += ["and"] if hundreds and rest else []
    if rest >= 20:
        words.append(TENS[rest // 10 - 2])
        rest %= 10
    return [*words, SMALL[rest - 1]] if rest else words


print(206, say(206), 23, say(23))
numbers = np.random.default_rng(seed).permutation(np.arange(1, 1000))
shown, held_out = numbers[:799], numbers[799:]

# %%
# ``gn.graphs.stack`` joins two networks: the outputs of the encoder become the inputs of the decoder. Two edits in
# networkx make of it a translator. The synapses between the halves get the full stop as their gate, so that the decoder
# receives one vector, once. And the outputs feed back into the decoder, so that it knows which digit it has said.


def draw_translator(n_words, n_units, n_passed, n_digits, full_stop):
    encoder, decoder = gn.graphs.gru(n_words, n_units, n_passed), gn.graphs.gru(n_passed, n_units, n_digits)
    drawing = gn.graphs.stack(encoder, decoder)
    passed = [(0, "output", i) for i in range(n_passed)]
    readers = list(drawing.successors(passed[0]))
    for *_, said in drawing.out_edges(passed, data=True):
        said["gate"] = (0, "input", full_stop)
    drawing.add_edges_from(((1, "output", digit), reader) for digit in range(n_digits) for reader in readers)
    return drawing


small = draw_translator(n_words=2, n_units=1, n_passed=1, n_digits=2, full_stop=1)
gn.plots.draw(small)

# %%
# The picture has one unit in each half, and two words and two digits; the network that is trained has 20, 31 and 11.
# Targets count from the full stop on: three digits at most, and END. Shorter sentences are padded, with ``lengths``.


def sentences(numbers, n_steps=9):
    words = np.full((len(numbers), n_steps), WORDS.index("(silence)"))
    digits, weights = np.full((len(numbers), n_steps), END), np.zeros((len(numbers), n_steps))
    lengths = np.zeros(len(numbers), int)
    for i, number in enumerate(numbers.tolist()):
        sentence = [*say(number), "."]
        words[i, : len(sentence)] = [WORDS.index(word) for word in sentence]
        stop, said = len(sentence) - 1, [int(digit) for digit in str(number)]
        digits[i, stop : stop + len(said)] = said
        weights[i, stop : stop + 4] = 1
        lengths[i] = stop + 4
    return words, digits, weights, lengths


drawing = draw_translator(len(WORDS), 20, 16, END + 1, WORDS.index("."))
net = gn.compile(drawing, seed=seed, dtype="float32")
words, digits, weights, lengths = sentences(shown)
history = gn.fit(
    net,
    words,
    digits,
    lengths=lengths,
    weights=weights,
    loss="cross_entropy",
    optimizer={"name": "adamw", "weight_decay": 0.1},
    learning_rate=0.01,
    schedule="cosine",
    clip_norm=1.0,
    epochs=180,
    seed=seed,
    progress=False,
)

# %%
# A translation is what is said up to the end. It is right if every digit and the end are.


def translate(numbers):
    words, _, weights, lengths = sentences(numbers)
    said = net.run(words, lengths=lengths).argmax(axis=2)
    rows = [said[i, weights[i] > 0].tolist() for i in range(len(numbers))]
    return ["".join(map(str, row[: row.index(END)] if END in row else row)) for row in rows]


def right(numbers):
    return np.array([said == str(number) for said, number in zip(translate(numbers), numbers.tolist(), strict=True)])


answers = {int(number): said for number, said in zip(held_out, translate(held_out), strict=True)}
wrong = {number: said for number, said in answers.items() if said != str(number)}
print(f"{len(wrong)} of {len(answers)} numbers that were held out are wrong; some of them:")
for number, said in list(wrong.items())[:8]:
    print(f"  {' '.join(say(number)):34} {number:4}  translated as {said or 'nothing'}")

# %%
# Which are wrong? Accuracy by the form of the number, and how many of each were held out.

forms = {
    "below 100": numbers < 100,
    "six hundred": (numbers >= 100) & (numbers % 100 == 0),
    "... and five": (numbers >= 100) & (numbers % 100 > 0) & (numbers % 100 < 10),
    "... and fifteen": (numbers >= 100) & (numbers % 100 >= 10) & (numbers % 100 < 20),
    "... and fifty": (numbers >= 100) & (numbers % 100 >= 20) & (numbers % 10 == 0),
    "... and fifty five": (numbers >= 100) & (numbers % 100 >= 20) & (numbers % 10 > 0),
}
is_right, is_shown = right(numbers), np.arange(len(numbers)) < len(shown)
fig, ax = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
for place, chosen in enumerate(forms.values()):
    for offset, some, colour in ((-0.2, chosen & is_shown, "#7F7F7F"), (0.2, chosen & ~is_shown, "#0072B2")):
        share = is_right[some].mean() if some.any() else 0
        ax.bar(place + offset, share, 0.36, color=colour)
        ax.text(place + offset, share + 0.02, f"{is_right[some].sum()}/{some.sum()}", ha="center", fontsize=7)
ax.set_xticks(range(len(forms)), [form.replace("... ", "six hundred\n") for form in forms])
ax.set(ylabel="share translated without a mistake", ylim=(0, 1.12))
ax.spines[["top", "right"]].set_visible(False)
ax.bar([0], [0], color="#7F7F7F", label="shown in training")
ax.bar([0], [0], color="#0072B2", label="held out")
ax.legend(frameon=False, ncols=2, loc="upper right", bbox_to_anchor=(1, 1.16), fontsize=9)

# %%
# What is wrong is mostly what is rare in the training: the numbers below 100 and the full hundreds, which together
# are a tenth of all. The long numbers, of which there are many, are translated although the network saw each of their
# words in other company only.
#
# The claim: most numbers that were never shown are translated without a mistake. A table of the shown numbers would
# know none of them.

measured = {"shown": float(is_right[is_shown].mean()), "held out": float(is_right[~is_shown].mean())}
print(measured)
assert measured["held out"] > 0.75, measured
