using System.Diagnostics.CodeAnalysis;
using ContainerTools.Engine;
using ContainerTools.Oci;

namespace ContainerTools.Cmdlets;

/// <summary>Reads names and platforms of images as users write them.</summary>
internal static class ImageNames
{
    public static ImageReference Parse(string text) => ImageReference.TryParse(text, out var reference, out var problem) ? reference
        : throw new ContainerToolsException("InvalidImageReference", ErrorKind.InvalidArgument, $"'{text}' is not an image name: {problem}.", text);

    [return: NotNullIfNotNull(nameof(text))]
    public static Platform? ParsePlatform(string? text)
    {
        try
        {
            return text is null ? null : Platform.Parse(text);
        }
        catch (FormatException e)
        {
            throw new ContainerToolsException("InvalidPlatform", ErrorKind.InvalidArgument, e.Message, text, e);
        }
    }
}
