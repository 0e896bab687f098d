package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"signet/capture/v4l2/uapi"
)

// Node is what is needed of a device (uapi.Node). Its methods return what the kernel does.
type Node interface {
	Controls() []uapi.ControlInfo
	Menu(c *uapi.ControlInfo) []uapi.MenuItem
	Control(id uint32) (int32, error)
	SetControl(id uint32, value int32) error
}

// Control is one control of a device as it is now.
type Control struct {
	Name    string   `json:"name"`            // "power_line_frequency"
	Type    string   `json:"type"`            // "int", "bool", "menu", "intmenu", "bitmask", "button", or "other", which cannot be set
	Min     int64    `json:"min"`             // of a menu: its first number
	Max     int64    `json:"max"`             //
	Step    int64    `json:"step"`            //
	Default int64    `json:"default"`         //
	Value   *int64   `json:"value,omitempty"` // nil: the driver does not tell
	Menu    []Item   `json:"menu,omitempty"`  // its choices; numbers between Min and Max that are missing are not there
	Flags   []string `json:"flags,omitempty"` // "inactive", "read-only", "grabbed", "volatile", "write-only"

	info uapi.ControlInfo
}

// Item is a choice of a menu.
type Item struct {
	Value int64  `json:"value"`
	Name  string `json:"name"`
}

// types are the names of types, as v4l2-ctl has them.
var types = map[uint32]string{
	uapi.TypeInteger: "int", uapi.TypeBoolean: "bool", uapi.TypeMenu: "menu", uapi.TypeIntegerMenu: "intmenu",
	uapi.TypeBitmask: "bitmask", uapi.TypeButton: "button",
}

var flags = []struct {
	bit  uint32
	name string
}{
	{uapi.FlagInactive, "inactive"},
	{uapi.FlagReadOnly, "read-only"},
	{uapi.FlagGrabbed, "grabbed"},
	{uapi.FlagVolatile, "volatile"},
	{uapi.FlagWriteOnly, "write-only"},
}

// List returns the controls of a device in the driver's order. Those after which the device does not answer any more have
// no Value.
func List(n Node) []Control {
	r := newRound(context.Background(), n)
	all := list(n)
	for i := range all {
		if r.over() {
			break
		}
		v, err := r.value(&all[i])
		if err == nil {
			all[i].Value = &v
		}
		if !errors.Is(err, errNoValue) {
			r.saw(err)
		}
	}
	return all
}

// list returns the controls without their values.
func list(n Node) []Control {
	var all []Control
	for _, i := range n.Controls() {
		c := Control{
			Name: Name(i.Name()), Type: "other",
			Min: int64(i.Min), Max: int64(i.Max), Step: int64(i.Step), Default: int64(i.Default), info: i,
		}
		if t, ok := types[i.Type]; ok {
			c.Type = t
		}
		if i.Type == uapi.TypeBitmask {
			c.Max, c.Default = c.number(i.Max), c.number(i.Default)
		}
		for _, f := range flags {
			if i.Flags&f.bit != 0 {
				c.Flags = append(c.Flags, f.name)
			}
		}
		if i.Type == uapi.TypeMenu || i.Type == uapi.TypeIntegerMenu {
			for _, m := range n.Menu(&i) {
				c.Menu = append(c.Menu, Item{int64(m.Value), m.Name})
			}
		}
		all = append(all, c)
	}
	return all
}

// number is what the driver's number means: all bits of a bitmask count, none of them as a sign.
func (c *Control) number(v int32) int64 {
	if c.info.Type == uapi.TypeBitmask {
		return int64(uint32(v))
	}
	return int64(v)
}

// Text is a value for people, as a configuration has it: of a menu the name, of a switch true or false.
func (c *Control) Text(v int64) string {
	switch c.info.Type {
	case uapi.TypeBoolean:
		return strconv.FormatBool(v != 0)
	case uapi.TypeBitmask:
		return fmt.Sprintf("%#x", v)
	case uapi.TypeMenu, uapi.TypeIntegerMenu:
		if i := slices.IndexFunc(c.Menu, func(m Item) bool { return m.Value == v }); i >= 0 {
			return strconv.Quote(c.Menu[i].Name)
		}
	}
	return strconv.FormatInt(v, 10)
}

func (c *Control) has(flag uint32) bool { return c.info.Flags&flag != 0 }

// byName finds a control. Should a driver have two of one name, it is the first.
func byName(all []Control, name string) *Control {
	i := slices.IndexFunc(all, func(c Control) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// Name makes a driver's name of a control one that can be written in a configuration, as v4l2-ctl does: small letters and
// digits, with one underscore for whatever is between.
func Name(driver string) string {
	var b strings.Builder
	gap := false
	for _, r := range []byte(driver) {
		switch {
		case r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		default:
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		b.WriteByte(r)
	}
	return b.String()
}
