namespace ContainerTools.Core.Registry;

/// <summary>What a token is for, as in <c>repository:team/app:pull,push</c>; several stand side by side with spaces between (Docker's "Token Scope Documentation").</summary>
internal static class TokenScope
{
    internal static string Pull(string repository) => $"repository:{repository}:pull";

    internal static string Push(string repository) => $"repository:{repository}:pull,push";

    /// <summary>
    /// What to ask a token server for: what the registry says that a request needs, and what the requests to come need. Where that is only reading, the
    /// registry's word is enough: it may know a repository by another name.
    /// </summary>
    internal static string Combine(string own, string? asked)
    {
        if (string.IsNullOrWhiteSpace(asked))
        {
            return own;
        }

        if (!own.Contains(",push", StringComparison.Ordinal))
        {
            return asked;
        }

        var scopes = new List<(string Resource, List<string> Actions)>();
        foreach (string scope in $"{own} {asked}".Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = scope.LastIndexOf(':');
            string resource = colon < 0 ? scope : scope[..colon];
            string[] actions = colon < 0 ? [] : scope[(colon + 1)..].Split(',');
            int known = scopes.FindIndex(s => s.Resource == resource);
            if (known < 0)
            {
                scopes.Add((resource, [.. actions]));
            }
            else
            {
                scopes[known].Actions.AddRange(actions.Except(scopes[known].Actions));
            }
        }

        return string.Join(' ', scopes.Select(static s => s.Actions.Count == 0 ? s.Resource : $"{s.Resource}:{string.Join(',', s.Actions)}"));
    }
}
