using System.Text.RegularExpressions;

namespace ContainerTools.Core.Build.Sources;

/// <summary>Says what git's words mean for whoever builds.</summary>
internal static partial class GitFailure
{
    private const int LastLines = 5;

    /// <summary>The error for what git has said.</summary>
    /// <param name="reference">The repository.</param>
    /// <param name="command">The command of git's.</param>
    /// <param name="said">Its standard error.</param>
    internal static BuildProblemException From(GitReference reference, string command, string said)
    {
        var lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => CredentialsInText().Replace(l.Trim(), "$1***@"))
            .Where(static l => l.Length > 0 && !l.StartsWith("error: unable to read askpass", StringComparison.Ordinal)).TakeLast(LastLines);
        string text = string.Join(" ", lines).TrimEnd('.');
        var (errorId, hint) = Explain(reference, said);
        return new BuildProblemException(errorId, $"the git repository {reference} could not be fetched (git {command}): {text}{(hint.Length > 0 ? $" ({hint})" : "")}");
    }

    private static (string ErrorId, string Hint) Explain(GitReference reference, string said)
    {
        string host = WebFile.IsUrl(reference.Repository) && Uri.TryCreate(reference.Repository, UriKind.Absolute, out var url) ? url.Authority : "";
        return said switch
        {
            _ when HostKey().IsMatch(said) => ("BuildGitHostKeyUnknown", "nobody can be asked in a build: put the server's key into known_hosts first, by connecting once with ssh or with ssh-keyscan"),
            _ when KeyRefused().IsMatch(said) => ("BuildGitAuthenticationFailed", "give a key that the server knows with -Ssh default, for the agent's, or -Ssh default=FILE"),
            _ when host.Length > 0 && CredentialWanted().IsMatch(said) => ("BuildGitAuthenticationFailed",
                $"give a token as -Secret @{{ 'GIT_AUTH_TOKEN.{host}' = '...' }}, or set up a credential helper in git's configuration; a server may also answer so for what is not there"),
            _ when Unknown().IsMatch(said) => ("BuildGitRevisionNotFound", $"it has no commit, branch or tag '{reference.Revision}'"),
            _ when Certificate().IsMatch(said) => ("BuildGitCertificateUntrusted", "name its authority with -CertificateAuthority, or with http.sslCAInfo in git's configuration"),
            _ => ("BuildGitFailed", ""),
        };
    }

    [GeneratedRegex("Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED")]
    private static partial Regex HostKey();

    [GeneratedRegex(@"Permission denied \(")]
    private static partial Regex KeyRefused();

    [GeneratedRegex("could not read (Username|Password)|Authentication failed|returned error: 40[13]|HTTP 40[13]")]
    private static partial Regex CredentialWanted();

    [GeneratedRegex("reference is not a tree|not our ref|did not match any file|find remote ref")]
    private static partial Regex Unknown();

    [GeneratedRegex("certificate verif|SSL certificate problem|certificate verification failed|no alternative certificate subject name|does not match target host")]
    private static partial Regex Certificate();

    [GeneratedRegex("([A-Za-z]+://)[^/@\\s]*@")]
    private static partial Regex CredentialsInText();
}
