namespace ContainerTools.Core.Build.Language;

/// <summary>What is wrong in a part of an instruction that knows its place.</summary>
internal sealed class PlacedFormatException(SourceRange range, FormatException inner) : FormatException(inner.Message, inner)
{
    internal SourceRange Range { get; } = range;
}
