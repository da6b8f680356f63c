namespace ContainerTools.Engine.Containers;

/// <summary>The text <c>container:NAME</c> by which an option names another container; where it is kept, the name is an id.</summary>
internal static class ContainerReference
{
    private const string Prefix = "container:";

    /// <summary>The name or id; null if the text is something else.</summary>
    public static string? TryRead(string? text) => text is not null && text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : null;

    public static string Write(string id) => Prefix + id;
}
