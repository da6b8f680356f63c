using System.Net.Http.Headers;

namespace ContainerTools.Core.Registry;

/// <summary>One request to a registry, which can be sent several times.</summary>
/// <param name="Method">The method.</param>
/// <param name="Uri">Where it goes.</param>
/// <param name="Scope">What a token for it must allow.</param>
internal sealed record RegistryRequest(HttpMethod Method, Uri Uri, string Scope)
{
    /// <summary>The media types that are accepted.</summary>
    internal IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The part that is wanted.</summary>
    internal RangeHeaderValue? Range { get; init; }

    /// <summary>Makes the body, for each time that it is sent.</summary>
    internal Func<HttpContent>? Content { get; init; }

    /// <summary>Whether the client itself repeats what may pass.</summary>
    internal bool Repeat { get; init; } = true;

    internal HttpRequestMessage Create(AuthenticationHeaderValue? authorization)
    {
        const int worthAsking = 1 << 20;
        var request = new HttpRequestMessage(Method, Uri) { Content = Content?.Invoke() };
        foreach (string type in Accept)
        {
            request.Headers.TryAddWithoutValidation("Accept", type);
        }

        request.Headers.Range = Range;
        request.Headers.Authorization = authorization;

        // A server that refuses a large body may close the connection while it is sent, and its answer would be lost.
        request.Headers.ExpectContinue = request.Content?.Headers.ContentLength > worthAsking ? true : null;
        return request;
    }
}
