namespace ContainerTools.Core.Build.Language;

/// <summary>A piece of an instruction's text.</summary>
/// <param name="Text">The piece, as written (a flag's without its quotes).</param>
/// <param name="Offset">Where it begins in the instruction's text.</param>
/// <param name="Length">How long it is there.</param>
internal readonly record struct Token(string Text, int Offset, int Length);
