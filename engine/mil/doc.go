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
//	meanmil        h = relu(fc.0 X); classifier of the mean of h
//	maxmil         classifier of the patch that is surest of a class (of the second
//	               where there are two), or of the largest of every value of h
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
