package exchange

import "slices"

// groupKey names a one-cancels-all group.
type groupKey struct{ account, name string }

func (o *order) group() groupKey { return groupKey{o.Account, o.OCAGroup} }

const cancelRest = 1 // OrderRequest.OCAType of orders that cancel the rest of their group

// reduceGroup applies a fill to the other orders of a one-cancels-all group. before is what
// remained of the order until then. IBKR's types 1 and 2 also keep two orders of a group from
// filling at the same time; here they never do.
func (x *Exchange) reduceGroup(o *order, before int64) {
	if o.OCAGroup == "" {
		return
	}
	for _, other := range slices.Clone(x.groups[o.group()]) {
		if other == o || other.staged() || other.Status.Done() {
			continue
		}
		left := int64(0)
		if o.OCAType != cancelRest && o.Remaining > 0 {
			left = max(other.Remaining*o.Remaining/before, 1)
		}
		if left == 0 {
			x.canceled(other, codeCanceled, textCanceled)
			continue
		}
		if left == other.Remaining {
			continue
		}
		other.Quantity -= other.Remaining - left
		other.Remaining = left
		other.setLegs(other.Legs)
		x.reserve(other)
		x.emit(OrderChanged, other)
	}
}

// link puts an order into the indexes by parent and by group; unlink takes it out.
func (x *Exchange) link(o *order) {
	if o.ParentID != 0 {
		x.children[o.parentKey()] = insert(x.children[o.parentKey()], o)
	}
	if o.OCAGroup != "" {
		x.groups[o.group()] = insert(x.groups[o.group()], o)
	}
}

func (x *Exchange) unlink(o *order) {
	if o.ParentID != 0 {
		remove(x.children, o.parentKey(), o)
	}
	if o.OCAGroup != "" {
		remove(x.groups, o.group(), o)
	}
}

// childrenOf lists the orders that wait for another and are not done, by permanent id.
func (x *Exchange) childrenOf(parent *order) []*order {
	return slices.Clone(x.children[parent.key()])
}

func byPermID(a, b *order) int { return int(a.PermID - b.PermID) }

// insert keeps a list in order of permanent ids.
func insert(list []*order, o *order) []*order {
	i, found := slices.BinarySearchFunc(list, o, byPermID)
	if found {
		return list
	}
	return slices.Insert(list, i, o)
}

func remove[K comparable](index map[K][]*order, key K, o *order) {
	list := without(index[key], o)
	if len(list) == 0 {
		delete(index, key)
		return
	}
	index[key] = list
}

func without(list []*order, o *order) []*order {
	if i, found := slices.BinarySearchFunc(list, o, byPermID); found {
		return slices.Delete(list, i, i+1)
	}
	return list
}
