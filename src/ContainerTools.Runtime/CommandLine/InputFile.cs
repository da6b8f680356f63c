using System.Text.Json;
using ContainerTools.Linux;
using ContainerTools.Linux.Files;

namespace ContainerTools.Runtime.CommandLine;

/// <summary>Reads the documents that the command line names. An error names the file, and what is wrong in it.</summary>
internal static class InputFile
{
    /// <summary>Reads a document of the runtime-spec.</summary>
    /// <typeparam name="T">Its kind.</typeparam>
    public delegate T Parser<T>(ReadOnlySpan<byte> json);

    /// <summary>Reads a document.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="kind">What it is, for the error.</param>
    /// <param name="parse">Understands it.</param>
    /// <exception cref="CommandException">The file cannot be read, or is no such document.</exception>
    public static T Read<T>(string path, string kind, Parser<T> parse) => ReadBoth(path, kind, parse).Document;

    /// <summary>Reads a document and its text.</summary>
    /// <inheritdoc cref="Read"/>
    public static (byte[] Text, T Document) ReadBoth<T>(string path, string kind, Parser<T> parse)
    {
        if (KernelFile.Read(path, out var content) is < 0 and var error)
            throw new CommandException($"The {kind} '{path}' cannot be read: {LinuxException.Describe(-error)}.");
        var text = content.ToArray();
        return (text, Parse(text, $"The file '{path}'", kind, parse));
    }

    /// <summary>Understands a document that was read already.</summary>
    /// <param name="text">The document.</param>
    /// <param name="source">Where it came from, for the error.</param>
    /// <param name="kind">What it is, for the error.</param>
    /// <param name="parse">Understands it.</param>
    public static T Parse<T>(byte[] text, string source, string kind, Parser<T> parse)
    {
        try
        {
            return text.Length > 0 ? parse(text) : throw new CommandException($"{source} is empty: it should be a {kind}.");
        }
        catch (JsonException e)
        {
            throw new CommandException($"{source} is not a {kind}: {e.Message}", inner: e);
        }
    }
}
