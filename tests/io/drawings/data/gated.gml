graph [
directed 1
multigraph 1
graphnet "MultiDiGraph"
title "a drawing"
version 2
node [ id 0 label "[&#34;x&#34;,0]" role "input" soma "[1.5,-2.0]" ]
node [ id 1 label "[&#34;h&#34;,[0,1]]" layer 1 bias 0.25 initial 0.5 cell "Kenyon" ]
node [ id 2 label "[&#34;h&#34;,[0,2]]" layer 1 activation "sigmoid" train_bias "false" bias -0.5 ]
node [ id 3 label "[&#34;y&#34;,0]" role "output" ]
edge [ source 0 target 1 key "0" weight 0.5 tie "[&#34;in&#34;,1]" ]
edge [ source 0 target 2 key "0" tie "[&#34;in&#34;,1]" ]
edge [ source 1 target 1 key "self" weight 0.9 delay 2 scale -1 ]
edge [ source 1 target 3 key "7" gate "[&#34;h&#34;,[0,2]]" weight 1.0 count 3 ]
edge [ source 1 target 3 key "[&#34;late&#34;,3]" gate "[&#34;h&#34;,[0,2]]" gate_delay 1 delay 3 ]
edge [ source 2 target 3 key "2.5" trainable "false" ]
]
