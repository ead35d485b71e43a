"""Properties of every network, whatever its graph: each is a function of a case and a compiler, with assertions.

The first sentence of a property's docstring states it, the last one names the bugs that it catches.
"""

from __future__ import annotations

from collections.abc import Callable

from ..property_cases import Case, Compile
from . import batches, drawings, files, gradients

Property = Callable[[Case, Compile], None]

OF_GRADIENTS: tuple[Property, ...] = (
    gradients.gradient_of_all_steps,
    gradients.gradient_of_the_last_step,
    gradients.gradient_of_the_final_state,
    gradients.backward_is_the_transpose_of_forward,
    gradients.backward_twice_gives_the_same_bits,
    gradients.float32_agrees_within_its_rounding,
    gradients.accumulated_gradients_are_those_of_the_batch,
)
OF_DRAWINGS: tuple[Property, ...] = (
    drawings.tied_gradient_is_the_sum_of_the_untied,
    drawings.gate_of_one_is_no_gate,
    drawings.weight_of_zero_is_no_synapse,
    drawings.parallel_synapses_are_their_sum,
    drawings.delay_is_a_chain_of_steps,
    drawings.impulse_arrives_after_its_delays,
    drawings.names_change_no_bit,
    drawings.order_changes_nothing,
    drawings.unread_neuron_changes_nothing,
    drawings.separate_networks_stay_separate,
    drawings.scanned_is_parallel,
    drawings.dense_blocks_are_sparse_ones,
)
OF_BATCHES: tuple[Property, ...] = (
    batches.order_of_samples_does_not_matter,
    batches.sample_alone_is_the_sample_in_its_batch,
    batches.padding_changes_no_bit,
    batches.reversed_time_is_time_turned_round,
    batches.pieces_are_the_whole,
    batches.gradient_goes_through_a_carried_state,
    batches.streaming_is_running,
    batches.later_is_the_same,
)
OF_FILES: tuple[Property, ...] = (
    files.saved_network_is_the_same,
    files.drawing_comes_back,
    files.every_graph_format_keeps_it,
    files.edited_network_keeps_what_it_knew,
)
OF_EXECUTORS: tuple[Property, ...] = (
    gradients.executor_agrees_with_the_reference,
    *OF_GRADIENTS,
    *OF_DRAWINGS,
    *OF_BATCHES,
)
PROPERTIES: tuple[Property, ...] = (*OF_GRADIENTS, *OF_DRAWINGS, *OF_BATCHES, *OF_FILES)
