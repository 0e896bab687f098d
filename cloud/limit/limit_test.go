package limit_test

import (
	"testing"
	"testing/synctest"
	"time"

	"signet/cloud/limit"
)

func TestEachKeyHasItsOwnBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.New[string](10, 3, 4)
		for range 3 {
			if _, ok := l.Take("a", 1); !ok {
				t.Fatal("burst refused")
			}
		}
		wait, ok := l.Take("a", 1)
		if ok || wait <= 0 || wait > 100*time.Millisecond {
			t.Fatalf("fourth: %v, wait %v", ok, wait)
		}
		if _, ok := l.Take("b", 3); !ok {
			t.Error("another key is held up")
		}
		time.Sleep(wait)
		if _, ok := l.Take("a", 1); !ok {
			t.Error("refused after the wait that it named")
		}
		// Refusals take nothing.
		for range 10 {
			l.Take("b", 3)
		}
		time.Sleep(300 * time.Millisecond)
		if _, ok := l.Take("b", 5); !ok {
			t.Error("more than the bucket is never given")
		}
	})
}

func TestKeysAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.New[int](1, 1, 100)
		l.Take(-1, 1)
		time.Sleep(500 * time.Millisecond)
		for i := range 99 {
			l.Take(i, 1)
		}
		time.Sleep(600 * time.Millisecond) // -1 is full again, the others are not
		l.Take(1000, 1)
		if _, ok := l.Take(0, 1); ok {
			t.Error("a key that still owes was forgotten")
		}
	})
}

// Who comes with many keys does not free the others of what they owe.
func TestOverflowForgetsFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.New[int](1, 1, 1000)
		for i := range 1010 {
			l.Take(i, 1)
		}
		free := 0
		for i := range 1000 {
			if _, ok := l.Take(i, 1); ok {
				free++
			}
		}
		if free > 500 {
			t.Errorf("%d of 1000 keys owe no more", free)
		}
	})
}

func TestGive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit.New[string](1, 10, 4)
		l.Take("a", 10)
		l.Give("a", 4)
		l.Give("b", 4)
		if _, ok := l.Take("a", 5); ok {
			t.Error("more than was given back")
		}
		if _, ok := l.Take("a", 4); !ok {
			t.Error("what was given back is not there")
		}
		l.Give("a", 100)
		if _, ok := l.Take("a", 10); !ok {
			t.Error("not full again")
		}
		if _, ok := l.Take("a", 1); ok {
			t.Error("fuller than full")
		}
	})
}
