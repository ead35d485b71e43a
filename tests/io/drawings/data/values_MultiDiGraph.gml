graph [
directed 1
multigraph 1
graphnet "MultiDiGraph"
name "a drawing"
id "[1,{&#34;tuple&#34;:[2,null]}]"
node_default "mine"
node [ id 0 label "a,b" viz "true" u_6C_abel "Soma" u_69_d "x1" bias 1 notes "&#34;two\nlines &#38; \&#34;quotes\&#34;&#34;" self 1 node_for_adding 2 ]
node [ id 1 label "[&#34;\u00e9&#34;,7,0.5,null,true]" bias 0.25 role "output" large "1180591620717411303424" nothing "null" ]
node [ id 2 label "&#34;7&#34;" bias -1.0e-300 activation "tanh" start "{&#34;dict&#34;:{&#34;deep&#34;:[1,{&#34;dict&#34;:{&#34;x&#34;:{&#34;tuple&#34;:[2.5,{&#34;float&#34;:&#34;nan&#34;}]}}}]}}" empty "[]" ]
node [ id 3 label "&#34;&#34;" group "[&#34;G&#34;,1]" initial 0.5 position "[1.5,-2]" trainable "&#34;0&#34;" ]
edge [ source 0 target 2 key "0" weight 3 delay 2 type "chemical" label "first" id 7 gate "[&#34;\u00e9&#34;,7,0.5,null,true]" u_for_edge 1.5 ]
edge [ source 0 target 2 key "[&#34;late&#34;,3]" weight 1.0e+22 ]
edge [ source 0 target 2 key "&#34;7&#34;" weight "false" ]
edge [ source 0 target 2 key "&#34;&#34;" scale -1 ]
edge [ source 2 target 0 key "0" weight 0.1 trainable "false" value "2147483648" source_of "x" tie "t" u_for_edge 1.5 ]
edge [ source 2 target 2 key "0" weight "heavy" trainable "true" tie "[&#34;t&#34;,1]" start "&#34;&#34;" end "&#34; x&#34;" x1 "-9223372036854775808" u_for_edge 1.5 ]
edge [ source 2 target 3 key "0" weight "{&#34;float&#34;:&#34;inf&#34;}" tie 7 pid "&#34;\ud800\u0000&#34;" spells "{&#34;tuple&#34;:[]}" u_for_edge 1.5 ]
]
