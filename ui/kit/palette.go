package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The colours that Fyne has no name for. Each is asked like Fyne's own, through the theme.
const (
	ColorCard         fyne.ThemeColorName = "parley.card"         // tiles, cards of settings
	ColorRail         fyne.ThemeColorName = "parley.rail"         // the servers' rail, dark in both themes
	ColorRailTile     fyne.ThemeColorName = "parley.railTile"     // a server that is not shown
	ColorRailText     fyne.ThemeColorName = "parley.railText"     // letters on ColorRailTile
	ColorRailLine     fyne.ThemeColorName = "parley.railLine"     // separator and outline on the rail
	ColorRailActive   fyne.ThemeColorName = "parley.railActive"   // the server that is shown
	ColorOnRailActive fyne.ThemeColorName = "parley.onRailActive" // letters on ColorRailActive
	ColorVoice        fyne.ThemeColorName = "parley.voice"        // a live voice, and nothing else
	ColorVoiceHalo    fyne.ThemeColorName = "parley.voiceHalo"    // around the ring of a live voice
	ColorMuted        fyne.ThemeColorName = "parley.muted"        // one's own mute; others' is placeholder
	ColorMutedBg      fyne.ThemeColorName = "parley.mutedBg"
	ColorInCall       fyne.ThemeColorName = "parley.inCall"   // mark of the channel one sits in
	ColorNewToYou     fyne.ThemeColorName = "parley.newToYou" // a key never met before
	ColorNewBg        fyne.ThemeColorName = "parley.newBg"
	ColorOkBg         fyne.ThemeColorName = "parley.okBg"
	ColorWarnBg       fyne.ThemeColorName = "parley.warnBg"
	ColorFloatLine    fyne.ThemeColorName = "parley.floatLine" // outline of what floats
	ColorScrim        fyne.ThemeColorName = "parley.scrim"     // laid over the window under a modal layer
	ColorBadge        fyne.ThemeColorName = "parley.badge"     // ground of what stands on a picture, whatever that shows
	ColorOnBadge      fyne.ThemeColorName = "parley.onBadge"
	ColorBadgePoor    fyne.ThemeColorName = "parley.badgePoor"  // a poor link, on a badge
	ColorBadgeUnlit   fyne.ThemeColorName = "parley.badgeUnlit" // segments that are not lit
	ColorBars         fyne.ThemeColorName = "parley.bars"       // beside a picture that does not fill the window

	ColorRaised = theme.ColorNameOverlayBackground // what floats: popovers, menus, dialogs
)

// pair is one colour as it is in the dark theme and in the light one.
type pair struct{ dark, light color.NRGBA }

// palette is every colour there is. Amber (voice) is the light of a live voice and stands for nothing else; what can be pressed
// is teal, what ends or silences coral, a stranger violet.
var palette = map[fyne.ThemeColorName]pair{
	theme.ColorNameBackground:          {rgb(0x151F24), rgb(0xF3F7F6)},
	theme.ColorNameHeaderBackground:    {rgb(0x10191E), rgb(0xE5EDEC)},
	theme.ColorNameMenuBackground:      {rgb(0x24323A), rgb(0xFFFFFF)},
	theme.ColorNameOverlayBackground:   {rgb(0x24323A), rgb(0xFFFFFF)},
	theme.ColorNameButton:              {rgb(0x2C3B43), rgb(0xD0DCDB)},
	theme.ColorNameDisabledButton:      {rgb(0x1D292F), rgb(0xE5EDEC)},
	theme.ColorNamePrimary:             {rgb(0x4CC9B4), rgb(0x0A7466)},
	theme.ColorNameHyperlink:           {rgb(0x4CC9B4), rgb(0x0A7466)},
	theme.ColorNameForegroundOnPrimary: {rgb(0x04231E), rgb(0xFFFFFF)},
	theme.ColorNameInputBackground:     {rgb(0x0D1519), rgb(0xFFFFFF)},
	theme.ColorNameInputBorder:         {rgb(0x6F8690), rgb(0x6C8087)},
	theme.ColorNameSeparator:           {rgb(0x26343B), rgb(0xC9D6D6)},
	theme.ColorNameForeground:          {rgb(0xE9F0F0), rgb(0x12201F)},
	theme.ColorNamePlaceHolder:         {rgb(0xA3B5BB), rgb(0x4A5D63)},
	theme.ColorNameDisabled:            {rgb(0x6A7D85), rgb(0x8A9BA0)},
	theme.ColorNameError:               {rgb(0xFF7A85), rgb(0xB92B3B)},
	theme.ColorNameForegroundOnError:   {rgb(0x2C0509), rgb(0xFFFFFF)},
	theme.ColorNameSuccess:             {rgb(0x6FD69E), rgb(0x176F43)},
	theme.ColorNameForegroundOnSuccess: {rgb(0x05231A), rgb(0xFFFFFF)},
	theme.ColorNameWarning:             {rgb(0xFF9A62), rgb(0x9C4508)},
	theme.ColorNameForegroundOnWarning: {rgb(0x2B1000), rgb(0xFFFFFF)},
	theme.ColorNameHover:               {rgba(0xFFFFFF, 5), rgba(0x001412, 5)},
	theme.ColorNamePressed:             {rgba(0xFFFFFF, 9), rgba(0x001412, 9)},
	theme.ColorNameFocus:               {rgba(0x4CC9B4, 45), rgba(0x0A7466, 45)},
	theme.ColorNameSelection:           {rgba(0x4CC9B4, 15), rgba(0x0A7466, 12)},
	theme.ColorNameScrollBar:           {rgba(0xA3B5BB, 50), rgba(0x4A5D63, 50)},
	theme.ColorNameScrollBarBackground: {rgba(0xA3B5BB, 0), rgba(0x4A5D63, 0)},
	theme.ColorNameShadow:              {rgba(0x000000, 18), rgba(0x000000, 8)},

	ColorCard:         {rgb(0x1D292F), rgb(0xFFFFFF)},
	ColorRail:         {rgb(0x0B1216), rgb(0x12343B)},
	ColorRailTile:     {rgb(0x24323A), rgb(0x24505A)},
	ColorRailText:     {rgb(0xA3B5BB), rgb(0xD5E5E4)},
	ColorRailLine:     {rgb(0x2C3B43), rgb(0x2F5F69)},
	ColorRailActive:   {rgb(0x4CC9B4), rgb(0x4CC9B4)},
	ColorOnRailActive: {rgb(0x04231E), rgb(0x04231E)},
	ColorVoice:        {rgb(0xFFC24B), rgb(0xA65E00)},
	ColorVoiceHalo:    {rgba(0xFFC24B, 16), rgba(0xFFB428, 36)},
	ColorMuted:        {rgb(0xFF9AA2), rgb(0xAE2E3C)},
	ColorMutedBg:      {rgba(0xFF9AA2, 14), rgb(0xF8E0E2)},
	ColorInCall:       {rgb(0x4CC9B4), rgb(0x0A7466)},
	ColorNewToYou:     {rgb(0xBBAAFF), rgb(0x5A40C6)},
	ColorNewBg:        {rgba(0xBBAAFF, 14), rgb(0xECE8FB)},
	ColorOkBg:         {rgba(0x6FD69E, 13), rgb(0xDAEFE3)},
	ColorWarnBg:       {rgba(0xFF9A62, 13), rgb(0xFBE9DB)},
	ColorFloatLine:    {rgb(0x40525C), rgb(0xA9BABA)},
	ColorScrim:        {rgba(0x04090B, 72), rgba(0x102020, 55)},
	ColorBadge:        {rgba(0x080E11, 80), rgba(0x080E11, 80)},
	ColorOnBadge:      {rgb(0xE9F0F0), rgb(0xE9F0F0)},
	ColorBadgePoor:    {rgb(0xFF9A62), rgb(0xFF9A62)},
	ColorBadgeUnlit:   {rgb(0x40525C), rgb(0x40525C)},
	ColorBars:         {rgb(0x080E11), rgb(0x080E11)},
}

func rgb(hex uint32) color.NRGBA { return rgba(hex, 100) }

// rgba takes its opacity in percent.
func rgba(hex, percent uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: uint8((percent*255 + 50) / 100)}
}
