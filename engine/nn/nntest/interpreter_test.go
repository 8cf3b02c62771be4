package nntest

import "testing"

func TestInterpreter(t *testing.T) { Sessions(t, Interpreter{}) }
