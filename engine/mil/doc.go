// Package mil holds the models that make one answer of many patches: ZoomMIL
// (Thandiackal, Chen, Pati et al., "Differentiable Zooming for Multiple Instance
// Learning on Whole-Slide Images", ECCV 2022), for any number M >= 2 of
// magnifications, and the methods that it is compared with, which take all
// patches of their magnifications.
//
// # Equations of ZoomMIL
//
// Features of magnification m, lowest first, are H [N, D]. With E the embedding
// size and all vectors as columns of their transposes:
//
//	X = relu(H W^T + b)                                       [N, E]
//	s = (tanh(X Wa^T + ba) * sigmoid(X Wb^T + bb)) wc^T + bc    [N]   gated attention
//	a = softmax(s)                                            attention
//	g = sum_i a_i X_i                                         [E]   pooled
//	t = softmax(the same form with weights of its own)         [N]   zoom attention, not at the highest m
//
// The K patches of highest t, ties by lower index, in ascending order, are
// zoomed into: their children are the patches of magnification m + 1. The
// answer is softmax(C(g_1 + ... + g_M)), with C one linear layer, or two with
// a ReLU between them.
//
// # Names
//
// Weights are named as in the public code's state dict: fc_low_mag.0,
// ga_low_mag.attention_a.0, ga_low_mag.attention_b.0, ga_low_mag.attention_c,
// aux_ga_low_mag (the zoom attention) likewise, and classify_head, each with
// .weight [out, in] and .bias [out]; classify_head.0 and classify_head.2 for two
// layers. Magnifications are called low, mid and high; where there are two, low
// and high; where there are more than three, low, mid, mid2, mid3 and so on,
// and high for the last.
//
// # The other methods
//
// They are named here as in the configuration of a model; their weights are named
// as in their authors' code. X are the features of all patches, [N, D].
//
// The sections below have their equations.
//
//	meanmil        the mean of the embedded patches
//	maxmil         the patch that is surest of a class, or the largest of every value
//	abmil          Ilse, Tomczak, Welling, ICML 2018: gated attention, or without
//	               its gate; two layers, or one output for the second of two classes
//	clam_sb        Lu et al., Nature BME 2021: gated attention, and in training a
//	               loss on the patches of highest and of lowest attention
//	dsmil          Li, Li, Eliceiri, CVPR 2021: attention by likeness to the patch
//	               that is surest; of several magnifications, each patch with its
//	               ancestors
//	msmil          Hashimoto et al., CVPR 2020, second stage: attention over the
//	               patches of several magnifications together
//	transmil       Shao et al., NeurIPS 2021: a transformer by landmarks over the
//	               patches row by row; its attention here is the class token's
//	sparseconvmil  Lerousseau et al., COMPAY 2021: convolutions over the map of the
//	               slide, which needs the places of patches
//
// # Equations of maxmil and meanmil
//
//	h = relu(fc.0 x)                                             [N, E]
//	meanmil:           logits = classifier (sum_i h_i / N)
//	maxmil, feature:   logits = classifier (max_i h_i, value by value)
//	maxmil, instance:  z_i = classifier h_i, p_i = softmax(z_i); logits = z_i* with
//	                   i* = argmax_i p_i[1] of two classes, argmax_i max_c p_i[c] of more
//
// The head of maxmil, instance, is called classifiers where there are more than
// two. The choice of i* has no gradient; its logits have.
//
// # Equations of abmil
//
//	h = relu(feature_extractor_part2 x)                          [N, E], Depth such layers
//	s = attention_w (tanh(attention_V h) * sigmoid(attention_U h))   [N]
//	    ungated: attention.2 tanh(attention.0 h)
//	a = softmax(s), z = sum_i a_i h_i
//	mlp:      logits = classifier.2 relu(classifier.0 z); cross entropy
//	sigmoid:  p = sigmoid(classifier.0 z), of the second class; the loss is
//	          -y ln q - (1-y) ln(1-q) with q = p kept within 1e-5 and 1 - 1e-5
//
// # Equations of clam_sb
//
//	h = relu(attention_net.0 x), a = softmax of gated attention attention_net.3 on h
//	logits = classifiers (sum_i a_i h_i)
//	loss = 0.7 CE(logits, y) + 0.3 I
//
// Of k patches of highest a, the set H, and k of lowest, the set L, a classifier of
// two classes for each class c, instance_classifiers.c, tells whether they are of c.
// With l(i, t) its loss for patch i and target t:
//
//	I_y = mean over H and L of l(i, 1) for H and l(i, 0) for L
//	I_c = mean over H of l(i, 0)      for c other than y, with subtyping; else 0
//	I   = sum_c I_c, divided by the number of classes with subtyping
//
// l is cross entropy, or the smooth SVM of Berrada et al. with temperature and
// margin 1. The attention only chooses: I has gradients to h and the heads alone.
//
// # Equations of transmil
//
// The embedded patches h = relu(_fc1.0 x) are filled up with the first of them to a
// square of S x S, S = ceil(sqrt N), row by row; cls_token stands before them:
//
//	h = h + A(norm h);  h[1:] = P(h[1:]);  h = h + A'(norm h)
//	logits = _fc2 norm(h)[0]
//	P(g) = g + conv7(g) + conv5(g) + conv3(g), each channel by itself on the square
//
// A has 8 heads. Rows of zeros in front bring the sequence to a multiple of the m =
// E/2 landmarks, which are means of as many neighbouring rows of q and k; with q
// scaled by the root of the head's width:
//
//	F = softmax(q k~'), M = softmax(q~ k~'), B = softmax(q~ k')
//	A = to_out (F Z (B v) + conv33(v)), Z near the inverse of M: 6 steps of
//	    Z <- Z (13 - MZ (15 - MZ (7 - MZ))) / 4 from Z = M' / (|M|_1 |M|_inf)
//
// and the last rows, as many as there were before the zeros, are taken; with
// FirstRows the first. The norms of M are the largest of all heads.
// Landmarks of zeros alone are all the same: one of them is computed, and counts as
// many times, so that a small slide takes a small part of the time of a large one.
//
// # Equations of dsmil
//
// x are the features of a patch and, behind them, of its ancestors. For output c:
//
//	z = i_classifier.fc.0 x                                      [N, C]
//	Q(x) = tanh(q.2 relu(q.0 x)), or linear;  v(x) = x, or relu(v.1 x) with Values
//	i_c = argmax_i z[i, c]
//	a_c = softmax over i of Q(x_i) . Q(x_i_c) / sqrt(hidden)     [N]
//	B_c = sum_i a_c[i] v(x_i)
//	logits_o = sum_c F[o, c] . B_c + f_o                         F is b_classifier.fcc
//	loss = (l(logits, y) + l(max_i z[i], y)) / 2
//
// l is the mean over the outputs of the cross entropy of yes and no, or the cross
// entropy over the classes. Gradients pass through the rows i_c, not their choice.
//
// # Equations of msmil
//
// The patches of all magnifications are one bag:
//
//	h = relu(feature_extractor_2.2 relu(feature_extractor_2.0 x))
//	a = softmax(attention.2 tanh(attention.0 h)) over the patches of all of them
//	logits = classifier.0 (sum_i a_i h_i)
//
// # Equations of sparseconvmil
//
// Patches lie in places p of a map, Cell of the grid's along each; those of one
// place are averaged, and only places that hold any are active. Twice
//
//	x[p] <- relu(b + sum over the 9 active places p + d about p of x[p+d] W[d])
//
// then the mean over the active places, and two layers wsi_embedding_classifier
// with a ReLU between.
//
// # Answers
//
// The softmax of an Outcome's logits are always its probabilities. Where a method
// says yes or no to each class by itself, they are brought to the sum of 1.
//
// # Memory
//
// A level of ZoomMIL is run in chunks of rows. Each chunk is pooled by its own softmax, and
// the chunks are put together by the logarithms of their sums of exponentials,
// which is the same sum in another order. Chunks always begin at the same
// rows, so that results do not depend on how features were handed in. The other
// methods run a slide at once.
package mil
