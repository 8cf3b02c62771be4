package train

import (
	"hash/fnv"
	"math/rand/v2"
)

// Domains keep apart what is drawn from the same seed for different ends.
const (
	domainSplit uint64 = iota + 1
	domainOrder
	domainStep
	domainBootstrap
)

// generator draws from a stream of its own for each list of numbers.
func generator(keys ...uint64) *rand.Rand {
	return rand.New(rand.NewPCG(mix(keys...), mix(append(keys, 1)...)))
}

// mix makes one number of several, in which every bit of each counts.
func mix(keys ...uint64) uint64 {
	h := uint64(len(keys))
	for _, k := range keys {
		h += k + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

func hashText(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// Sampling says in which order the training slides of an epoch come.
type Sampling string

// Balanced draws as many slides as there are, with replacement, each with weight
// N/N_c, c being its class: all classes come equally often. Shuffled takes every
// slide once.
const (
	Balanced Sampling = "balanced"
	Shuffled Sampling = "shuffled"
)

// Order is the order of an epoch, as indices into classes, the classes of the
// training samples. It follows from seed and epoch alone.
func (s Sampling) Order(classes []int, seed uint64, epoch int) []int {
	dice := generator(domainOrder, seed, uint64(epoch))
	if s == Shuffled {
		return dice.Perm(len(classes))
	}
	var members [][]int
	at := map[int]int{}
	for i, c := range classes {
		if _, ok := at[c]; !ok {
			at[c] = len(members)
			members = append(members, nil)
		}
		members[at[c]] = append(members[at[c]], i)
	}
	// The slides of a class weigh N together, whatever the class: so any class is
	// as likely as another, and within it any slide.
	order := make([]int, len(classes))
	for i := range order {
		of := members[dice.IntN(len(members))]
		order[i] = of[dice.IntN(len(of))]
	}
	return order
}

// stepSeed is that of one step, counted from 0 within its epoch.
func stepSeed(seed uint64, epoch, step int) uint64 {
	return mix(domainStep, seed, uint64(epoch), uint64(step))
}
